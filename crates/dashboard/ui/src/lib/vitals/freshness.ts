import { VITALS } from './catalog';
import type { Measured } from '../wire/Measured';
import type { VitalName } from '../wire/VitalName';

export type Freshness = 'fresh' | 'stale' | 'absent';

/** Freshness of a value by its arrival, as bedside clocks are wrong: a fresh one still stands for the patient's current state. */
export function freshness(vital: VitalName, measured: Measured | undefined, nowMs: number): Freshness {
  if (!measured) return 'absent';
  return nowMs - measured.arrival_ms > VITALS[vital].staleAfterMs ? 'stale' : 'fresh';
}
