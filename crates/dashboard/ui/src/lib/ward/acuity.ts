import { BAND_KEYS, BANDS, bandFloor, bandKey, type BandKey } from '../vitals/news2';
import type { PatientState } from '../wire/PatientState';

/** Sickest first; at the same score an incomplete one first, since it can only be higher. */
export function compareAcuity(a: PatientState, b: PatientState): number {
  return (
    BANDS[bandFloor(b.news2)].rank - BANDS[bandFloor(a.news2)].rank ||
    (b.news2.total ?? b.news2.partial) - (a.news2.total ?? a.news2.partial) ||
    Number(b.news2.total === null) - Number(a.news2.total === null) ||
    compareIds(a.patient_id, b.patient_id)
  );
}

const collator = new Intl.Collator('en', { numeric: true });

function compareIds(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

export type WardFilter = { ward: string; text: string; band: BandKey | '' };

/** Text matches the patient, the ward or the bed; every word of it has to match something. */
export function matches(patient: PatientState, filter: WardFilter): boolean {
  if (filter.ward && patient.ward !== filter.ward) return false;
  if (filter.band && bandKey(patient.news2) !== filter.band) return false;
  const haystack = [patient.patient_id, patient.ward, patient.bed].filter(Boolean).join(' ').toLowerCase();
  return filter.text.toLowerCase().split(/\s+/).every((word) => haystack.includes(word));
}

/** Ward names, in reading order. */
export function wardsOf(patients: Iterable<PatientState>): string[] {
  const names = new Set<string>();
  for (const patient of patients) if (patient.ward) names.add(patient.ward);
  return [...names].sort(collator.compare);
}

export function countBands(patients: Iterable<PatientState>): Record<BandKey, number> {
  const counts = Object.fromEntries(BAND_KEYS.map((key) => [key, 0])) as Record<BandKey, number>;
  for (const patient of patients) counts[bandKey(patient.news2)] += 1;
  return counts;
}

/** The order on screen: rank of each patient when the order was last taken. */
export type Order = { ids: string[]; floors: Map<string, number>; takenMs: number };

export const HOLD_MS = 5_000;

/**
 * Tiles must not jump under the eye for one point of noise, so an order holds for a while.
 * It is retaken at once when somebody comes, leaves, or reaches a higher band.
 */
export function nextOrder(previous: Order | null, patients: Map<string, PatientState>, nowMs: number): Order {
  if (previous && nowMs - previous.takenMs < HOLD_MS && !mustRetake(previous, patients)) return previous;
  const sorted = [...patients.values()].sort(compareAcuity);
  const ids = sorted.map((patient) => patient.patient_id);
  const floors = new Map(sorted.map((patient) => [patient.patient_id, BANDS[bandFloor(patient.news2)].rank]));
  if (previous && sameIds(previous.ids, ids)) return { ids: previous.ids, floors, takenMs: nowMs };
  return { ids, floors, takenMs: nowMs };
}

function mustRetake(previous: Order, patients: Map<string, PatientState>): boolean {
  if (previous.floors.size !== patients.size) return true;
  for (const [id, patient] of patients) {
    const before = previous.floors.get(id);
    if (before === undefined || BANDS[bandFloor(patient.news2)].rank > before) return true;
  }
  return false;
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
