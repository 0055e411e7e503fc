import { compareText } from '../format/compareText';
import { breachesOwnLimits } from '../vitals/catalog';
import { BANDS, bandKey } from '../vitals/news2';
import type { PatientState } from '../wire/PatientState';

/** A condition of high priority ranks above every band. */
const CONDITION_RANK = 5;

/** Time for which a higher rank below High must hold before the tile moves up without a watch, as in its alarms. High moves it at once. */
export const RISE_MS = 120_000;

/** Time for which a lower rank must hold before the tile moves down without a watch, as in its alarms. */
export const FALL_MS = 600_000;

/** The rank by which a patient is sorted and announced. Neither time nor a missing signal lowers it. */
export function rankOf(patient: PatientState): number {
  if (patient.conditions.some((condition) => condition.priority === 'high')) return CONDITION_RANK;
  // Without NEWS2 the limits of the age decide: a value outside them ranks as an urgent score.
  if (patient.news2.rank === null && breachesOwnLimits(patient)) return BANDS.medium.rank;
  return BANDS[bandKey(patient.news2)].rank;
}

/** The rank of a patient with hysteresis, and the rank that would replace it. */
export type Steady = { rank: number; next: number; sinceMs: number };

const settled = (rank: number, nowMs: number): Steady => ({ rank, next: rank, sinceMs: nowMs });

/** The steady rank after `rank` was reached at `nowMs`: values around the edge of a band do not move the tile. */
export function steadied(before: Steady | undefined, rank: number, nowMs: number): Steady {
  if (!before) return settled(rank, nowMs);
  if (rank === before.rank) return before.next === rank ? before : settled(rank, nowMs);
  const rises = rank > before.rank;
  if (rises && rank >= BANDS.high.rank) return settled(rank, nowMs);
  const goesOn = before.next !== before.rank && before.next > before.rank === rises;
  // The rank that held for the whole time: the lowest of a rise, the highest of a fall.
  const next = goesOn ? (rises ? Math.min(before.next, rank) : Math.max(before.next, rank)) : rank;
  const sinceMs = goesOn ? before.sinceMs : nowMs;
  if (nowMs - sinceMs >= (rises ? RISE_MS : FALL_MS)) return settled(next, nowMs);
  return { rank: before.rank, next, sinceMs };
}

/** Returns true if the watch has delayed a change of the band already: a second delay would contradict the displayed band. */
function isDelayed(patient: PatientState, before: number, rank: number): boolean {
  return patient.unwatched_since_ms === null && patient.news2.rank !== null && Math.max(before, rank) < CONDITION_RANK;
}

type Entry = { steady: Steady; ward: string; bed: string; patient: PatientState };

/** The order of the tiles, with the steady rank and the place of each patient. The entries are updated in place. */
export type Order = { ids: string[]; entries: Map<string, Entry>; sorted: boolean };

/**
 * The order of the tiles at `nowMs`: by steady rank, then by ward and bed. While `held`, tiles keep
 * their places, and patients who arrive come last.
 */
export function nextOrder(previous: Order | null, patients: ReadonlyMap<string, PatientState>, nowMs: number, held = false): Order {
  const entries = previous?.entries ?? new Map<string, Entry>();
  let moved = removeMissing(entries, patients);
  for (const [id, patient] of patients) if (updateEntry(entries, id, patient, nowMs)) moved = true;
  if (previous && !moved && (previous.sorted || held)) return previous;
  if (previous && held) return { ids: heldIds(previous.ids, entries), entries, sorted: false };
  // A thousand patients that are nearly in order need few comparisons.
  const known = previous ? heldIds(previous.ids, entries) : entries.keys();
  const ids = [...known].sort((a, b) => compare(a, b, entries));
  return { ids: previous && sameIds(previous.ids, ids) ? previous.ids : ids, entries, sorted: true };
}

function removeMissing(entries: Order['entries'], patients: ReadonlyMap<string, PatientState>): boolean {
  let removed = false;
  for (const id of entries.keys()) if (!patients.has(id)) removed = entries.delete(id);
  return removed;
}

/** Updates the entry of a patient. Returns true if the tile belongs elsewhere then. */
function updateEntry(entries: Order['entries'], id: string, patient: PatientState, nowMs: number): boolean {
  const entry = entries.get(id);
  // Nothing is under way that could end with time.
  if (entry?.patient === patient && entry.steady.next === entry.steady.rank) return false;
  const rank = rankOf(patient);
  const delayed = entry !== undefined && isDelayed(patient, entry.steady.rank, rank);
  const steady = delayed ? settled(rank, nowMs) : steadied(entry?.steady, rank, nowMs);
  const [ward, bed] = [patient.ward ?? '', patient.bed ?? ''];
  if (!entry) {
    entries.set(id, { steady, ward, bed, patient });
    return true;
  }
  const moved = entry.steady.rank !== steady.rank || entry.ward !== ward || entry.bed !== bed;
  Object.assign(entry, { steady, ward, bed, patient });
  return moved;
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

function heldIds(ids: string[], entries: Order['entries']): string[] {
  const known = new Set(ids);
  const kept = ids.filter((id) => entries.has(id));
  const added = [...entries.keys()].filter((id) => !known.has(id));
  if (added.length === 0 && kept.length === ids.length) return ids;
  return [...kept, ...added.sort((a, b) => compare(a, b, entries))];
}

function compare(a: string, b: string, entries: Order['entries']): number {
  const [one, other] = [entries.get(a), entries.get(b)];
  if (!one || !other) return 0;
  return (
    other.steady.rank - one.steady.rank ||
    compareText(one.ward, other.ward) ||
    compareText(one.bed, other.bed) ||
    compareText(a, b)
  );
}
