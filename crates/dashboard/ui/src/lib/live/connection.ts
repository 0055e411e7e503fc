/** Missed heartbeats after which the stream counts as silent: nothing on the page is live any more. */
const MISSED_HEARTBEATS = 3;

/** Timeout until the first byte of a stream whose heartbeats are not known yet. */
export const FIRST_EVENT_TIMEOUT_MS = 15_000;

/** Lag of the stream behind the server at which the values are no longer live, and at which they are again. */
const LATE_MS = 3_000;
const IN_TIME_MS = 2_000;

/** State of the stream, as input of `connectionState`. Times are of the local clock, unless the field says otherwise. */
export type Link = {
  /** The stream is open. */
  open: boolean;
  /** A proxy asks for a sign-in instead of forwarding the request. */
  signedOut: boolean;
  /** Arrival of the last byte; null before the first. */
  lastByteMs: number | null;
  /** Arrival of the last event; null before the first. */
  lastEventMs: number | null;
  /** Time at which the page began to connect. */
  sinceMs: number;
  /** The stream is behind the server. */
  late: boolean;
  /** The dashboard reads from Kafka, according to the last heartbeat. */
  feedAlive: boolean;
  /** Interval of the heartbeats; null before the first snapshot. */
  heartbeatMs: number | null;
  /** Server's time of the last event, on the local clock; null before the first. */
  serverMs: number | null;
  /** Arrival of the newest reading from any patient, on the server's clock; null before the first. */
  newestArrivalMs: number | null;
  /** Time without a reading after which a patient is silent; null before the first snapshot. */
  patientSilentAfterMs: number | null;
};

export type ConnectionState = 'connecting' | 'live' | 'late' | 'no-readings' | 'feed-down' | 'reconnecting' | 'silent' | 'signed-out';

/** Time without a byte after which the stream counts as silent. */
export function silentAfterMs(heartbeatMs: number | null): number {
  return heartbeatMs === null ? FIRST_EVENT_TIMEOUT_MS : MISSED_HEARTBEATS * heartbeatMs;
}

/** The connection state to display: the worst that applies. `nowMs` is of the local clock. */
export function connectionState(link: Link, nowMs: number, serverNowMs: number): ConnectionState {
  if (link.signedOut) return 'signed-out';
  if (nowMs - (link.lastByteMs ?? link.sinceMs) >= silentAfterMs(link.heartbeatMs)) return 'silent';
  if (link.lastEventMs === null) return 'connecting';
  if (!link.open) return 'reconnecting';
  if (isBehind(link, nowMs)) return 'late';
  if (!link.feedAlive) return 'feed-down';
  return everyoneIsSilent(link, serverNowMs) ? 'no-readings' : 'live';
}

/** Returns true if an event with this lag is late, or still late. */
export function isLate(lagMs: number, wasLate: boolean): boolean {
  return lagMs > (wasLate ? IN_TIME_MS : LATE_MS);
}

/** Returns true if the last event was late, or the next one is: a heartbeat is due at every interval. */
function isBehind({ late, serverMs, heartbeatMs }: Link, nowMs: number): boolean {
  return late || (serverMs !== null && heartbeatMs !== null && nowMs - serverMs > heartbeatMs + LATE_MS);
}

/** Returns true if no reading arrives from anyone. The page may learn of an arrival one heartbeat late. */
function everyoneIsSilent({ newestArrivalMs, patientSilentAfterMs, heartbeatMs }: Link, serverNowMs: number): boolean {
  if (newestArrivalMs === null || patientSilentAfterMs === null) return false;
  return serverNowMs - newestArrivalMs > patientSilentAfterMs + (heartbeatMs ?? 0);
}

/** Returns true if the displayed values are current. */
export function isTrusted(state: ConnectionState): boolean {
  return state === 'live' || state === 'connecting';
}

/** Returns true if the page has every reading that has arrived: none is on its way, or was missed. */
export function hasEveryReading(state: ConnectionState): boolean {
  return state === 'live' || state === 'no-readings';
}

/** Backoff before a reconnection attempt: doubles up to 30 s, with jitter so that pages do not reconnect in step. */
export function retryDelay(attempt: number, random: number): number {
  const max = Math.min(30_000, 1_000 * 2 ** Math.min(attempt, 10));
  return Math.round(max * (0.5 + random / 2));
}
