/** Missed heartbeats after which the stream counts as silent: nothing on the page is live any more. */
const MISSED_HEARTBEATS = 3;

/** Timeout until the first snapshot, which brings the interval of the heartbeats. */
export const FIRST_EVENT_TIMEOUT_MS = 15_000;

/** State of the stream, as input of `connectionState`. */
export type Link = {
  /** The browser reports the stream as open. */
  open: boolean;
  /** Arrival of the last event; null before the first. */
  lastEventMs: number | null;
  /** Time at which the page began to connect. */
  sinceMs: number;
  /** The dashboard reads from Kafka, according to the last heartbeat. */
  feedAlive: boolean;
  /** Interval of the heartbeats; null before the first snapshot. */
  heartbeatMs: number | null;
  /** Arrival of the newest reading from any patient, on the local clock; null before the first. */
  newestArrivalMs: number | null;
  /** Time without a reading after which a patient is silent; null before the first snapshot. */
  patientSilentAfterMs: number | null;
};

export type ConnectionState = 'connecting' | 'live' | 'no-readings' | 'feed-down' | 'reconnecting' | 'silent';

/** Time without an event after which the stream counts as silent. */
export function silentAfterMs(heartbeatMs: number | null): number {
  return heartbeatMs === null ? FIRST_EVENT_TIMEOUT_MS : MISSED_HEARTBEATS * heartbeatMs;
}

/** The connection state to display: the worst that applies. */
export function connectionState(link: Link, nowMs: number): ConnectionState {
  if (nowMs - (link.lastEventMs ?? link.sinceMs) >= silentAfterMs(link.heartbeatMs)) return 'silent';
  if (link.lastEventMs === null) return 'connecting';
  if (!link.open) return 'reconnecting';
  if (!link.feedAlive) return 'feed-down';
  return everyoneIsSilent(link, nowMs) ? 'no-readings' : 'live';
}

/** Returns true if no reading arrives from anyone. The page may learn of an arrival one heartbeat late. */
function everyoneIsSilent({ newestArrivalMs, patientSilentAfterMs, heartbeatMs }: Link, nowMs: number): boolean {
  if (newestArrivalMs === null || patientSilentAfterMs === null) return false;
  return nowMs - newestArrivalMs > patientSilentAfterMs + (heartbeatMs ?? 0);
}

/** Returns true if the displayed values are current. */
export function isTrusted(state: ConnectionState): boolean {
  return state === 'live' || state === 'connecting';
}

/** Backoff before a reconnection attempt: doubles up to 30 s, with jitter so that pages do not reconnect in step. */
export function retryDelay(attempt: number, random: number): number {
  const max = Math.min(30_000, 1_000 * 2 ** Math.min(attempt, 10));
  return Math.round(max * (0.5 + random / 2));
}
