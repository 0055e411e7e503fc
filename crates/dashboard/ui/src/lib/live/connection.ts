export const HEARTBEAT_MS = 5_000;
/** Three missed heartbeats: from here on nothing on the screen may be trusted to be live. */
export const SILENCE_MS = 3 * HEARTBEAT_MS;

export type Link = {
  /** The stream is open as far as the browser knows. */
  open: boolean;
  /** When anything last arrived; null before the first event. */
  lastEventMs: number | null;
  /** When the page began to wait. */
  sinceMs: number;
  /** The server's own word that its feed is alive. */
  feedAlive: boolean;
};

export type ConnectionState = 'connecting' | 'live' | 'feed-down' | 'reconnecting' | 'silent';

/** The one state that the page shows, worst first. */
export function connectionState(link: Link, nowMs: number): ConnectionState {
  if (nowMs - (link.lastEventMs ?? link.sinceMs) >= SILENCE_MS) return 'silent';
  if (link.lastEventMs === null) return 'connecting';
  if (!link.open) return 'reconnecting';
  return link.feedAlive ? 'live' : 'feed-down';
}

/** Values on the screen may be taken for current. */
export function isTrusted(state: ConnectionState): boolean {
  return state === 'live' || state === 'connecting';
}

/** Pause before another attempt, doubling to half a minute, spread so that pages don't return in step. */
export function retryDelay(attempt: number, random: number): number {
  const longest = Math.min(30_000, 1_000 * 2 ** Math.min(attempt, 10));
  return Math.round(longest * (0.5 + random / 2));
}
