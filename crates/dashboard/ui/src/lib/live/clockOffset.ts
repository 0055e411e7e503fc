/** Difference up to which the local clock counts as correct. */
const TOLERATED_SKEW_MS = 2_000;

/**
 * Correction of the local clock to the server's, so that ages are the server's.
 * A small difference is network delay; correcting it would only add noise.
 */
export function clockOffset(serverMs: number, localMs: number): number {
  const offset = serverMs - localMs;
  return Math.abs(offset) <= TOLERATED_SKEW_MS ? 0 : offset;
}
