import { breachesOwnLimits } from '../vitals/catalog';
import { BANDS, bandKey } from '../vitals/news2';
import type { PatientState } from '../wire/PatientState';

/** A condition of high priority ranks above every band. */
const CONDITION_RANK = 5;

/** Time for which a higher rank below High must hold before the tile moves up, as in the alarms of the watch. High moves it at once. */
export const RISE_MS = 120_000;

/** Time for which a lower rank must hold before the tile moves down, as in the alarms of the watch. */
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

/** The place of a patient within its band. */
type Place = { ward: string; bed: string };

/** The order of the tiles, with the steady rank and the place of each patient. */
export type Order = { ids: string[]; entries: Map<string, { steady: Steady; place: Place }> };

/**
 * The order of the tiles at `nowMs`: by steady rank, then by ward and bed. While `held`, tiles keep
 * their places, and patients who arrive come last.
 */
export function nextOrder(previous: Order | null, patients: ReadonlyMap<string, PatientState>, nowMs: number, held = false): Order {
  const entries: Order['entries'] = new Map();
  let moved = previous?.entries.size !== patients.size;
  for (const [id, patient] of patients) {
    const before = previous?.entries.get(id);
    const steady = steadied(before?.steady, rankOf(patient), nowMs);
    const place = { ward: patient.ward ?? '', bed: patient.bed ?? '' };
    moved ||= !before || before.steady.rank !== steady.rank || before.place.ward !== place.ward || before.place.bed !== place.bed;
    entries.set(id, { steady, place });
  }
  if (previous && held) return { ids: heldIds(previous.ids, entries), entries };
  // Sorting is the costly part; without a change the order is the previous one, unless it was held.
  if (previous && !moved && isSorted(previous.ids, entries)) return { ids: previous.ids, entries };
  return { ids: [...entries.keys()].sort((a, b) => compare(a, b, entries)), entries };
}

function heldIds(ids: string[], entries: Order['entries']): string[] {
  const known = new Set(ids);
  const kept = ids.filter((id) => entries.has(id));
  const added = [...entries.keys()].filter((id) => !known.has(id));
  if (added.length === 0 && kept.length === ids.length) return ids;
  return [...kept, ...added.sort((a, b) => compare(a, b, entries))];
}

/** Returns true if ranks fall along the list; within a rank the order by place changes only when tiles move. */
function isSorted(ids: readonly string[], entries: Order['entries']): boolean {
  return ids.every((id, index) => index === 0 || compare(ids[index - 1] ?? '', id, entries) <= 0);
}

const collator = new Intl.Collator('en', { numeric: true });

/** Compares text with numbers by value; texts that only look alike have a fixed order too. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return collator.compare(a, b) || (a < b ? -1 : 1);
}

function compare(a: string, b: string, entries: Order['entries']): number {
  const [one, other] = [entries.get(a), entries.get(b)];
  if (!one || !other) return 0;
  return (
    other.steady.rank - one.steady.rank ||
    compareText(one.place.ward, other.place.ward) ||
    compareText(one.place.bed, other.place.bed) ||
    compareText(a, b)
  );
}
