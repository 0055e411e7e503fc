import { breachesOwnLimits } from '../vitals/catalog';
import { BANDS, bandKey } from '../vitals/news2';
import type { PatientState } from '../wire/PatientState';

/** A condition of high priority ranks above every band. */
const CONDITION_RANK = 5;

/** The rank by which a patient is sorted and announced. Neither time nor a missing signal lowers it. */
export function rankOf(patient: PatientState): number {
  if (patient.conditions.some((condition) => condition.priority === 'high')) return CONDITION_RANK;
  // Without NEWS2 the limits of the age decide: a value outside them ranks as an urgent score.
  if (patient.news2.rank === null && breachesOwnLimits(patient)) return BANDS.medium.rank;
  return BANDS[bandKey(patient.news2)].rank;
}

/** Compares by acuity, highest first. Of equal scores an incomplete one comes first: the missing parts can only add. */
export function compareAcuity(a: PatientState, b: PatientState): number {
  return (
    rankOf(b) - rankOf(a) ||
    (b.news2.total ?? b.news2.partial) - (a.news2.total ?? a.news2.partial) ||
    Number(b.news2.total === null) - Number(a.news2.total === null) ||
    compareIds(a.patient_id, b.patient_id)
  );
}

const collator = new Intl.Collator('en', { numeric: true });

function compareIds(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The order of the tiles, with the band rank of each patient at the time of sorting. */
export type Order = { ids: string[]; floors: Map<string, number>; sortedMs: number };

/** Minimum time between two sorts that no escalation requires. */
export const HOLD_MS = 5_000;

/**
 * The order of the tiles at `nowMs`. An order holds for `HOLD_MS`, so that tiles do not move for a
 * point of noise. It is replaced at once if a patient arrives, leaves or reaches a higher band.
 */
export function nextOrder(previous: Order | null, patients: Map<string, PatientState>, nowMs: number): Order {
  if (previous && nowMs - previous.sortedMs < HOLD_MS && !mustResort(previous, patients)) return previous;
  const sorted = [...patients.values()].sort(compareAcuity);
  const ids = sorted.map((patient) => patient.patient_id);
  const floors = new Map(sorted.map((patient) => [patient.patient_id, rankOf(patient)]));
  if (previous && sameIds(previous.ids, ids)) return { ids: previous.ids, floors, sortedMs: nowMs };
  return { ids, floors, sortedMs: nowMs };
}

function mustResort(previous: Order, patients: Map<string, PatientState>): boolean {
  if (previous.floors.size !== patients.size) return true;
  for (const [id, patient] of patients) {
    const before = previous.floors.get(id);
    if (before === undefined || rankOf(patient) > before) return true;
  }
  return false;
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
