import type { Measured } from '../wire/Measured';
import type { VitalName } from '../wire/VitalName';
import { VITALS } from './catalog';

export type Freshness = 'fresh' | 'stale' | 'absent';

/** Whether a value may still be read as the patient's present state. */
export function freshness(vital: VitalName, measured: Measured | undefined, nowMs: number): Freshness {
  if (!measured) return 'absent';
  return nowMs - measured.time_ms > VITALS[vital].staleAfterMs ? 'stale' : 'fresh';
}

/** Difference beyond which the browser's clock is taken to be wrong. */
const TOLERATED_SKEW_MS = 2_000;

/**
 * What to add to this machine's clock so that ages are the server's.
 * Small differences are the network's, and correcting them would only add noise.
 */
export function clockOffset(serverMs: number, localMs: number): number {
  const offset = serverMs - localMs;
  return Math.abs(offset) <= TOLERATED_SKEW_MS ? 0 : offset;
}
