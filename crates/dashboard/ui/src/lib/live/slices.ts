import type { PatientState } from '../wire/PatientState';
import type { Snapshot } from './wardState';

/** Patients per message: a page would receive and display more of them in one long task. */
const SLICE = 50;

/** Position of a message among those that carry one frame together. */
export type Slice = { index: number; count: number };

export const isLast = ({ index, count }: Slice): boolean => index === count - 1;

/** The patients of a frame in slices; a frame without patients has one as well. */
export function sliced(patients: readonly PatientState[]): { part: PatientState[]; slice: Slice }[] {
  const count = Math.max(1, Math.ceil(patients.length / SLICE));
  return Array.from({ length: count }, (_, index) => ({
    part: patients.slice(index * SLICE, (index + 1) * SLICE),
    slice: { index, count },
  }));
}

/** The slices of a snapshot. Its trends are the largest part of it. */
export function slicedSnapshot(snapshot: Snapshot): { part: Snapshot; slice: Slice }[] {
  return sliced(snapshot.patients).map(({ part: patients, slice }) => {
    const trends = Object.fromEntries(patients.map(({ patient_id: id }) => [id, snapshot.trends[id] ?? []]));
    return { part: { ...snapshot, patients, trends }, slice };
  });
}

/** Joins the slices of a snapshot. */
export class SnapshotJoiner {
  #parts: Snapshot[] = [];

  /** Adds a slice. Returns the snapshot with the last one. The first one discards those of an unfinished snapshot. */
  add(part: Snapshot, slice: Slice): Snapshot | null {
    if (slice.index === 0) this.#parts = [];
    this.#parts.push(part);
    if (!isLast(slice)) return null;
    const parts = this.#parts;
    this.#parts = [];
    return {
      ...part,
      patients: parts.flatMap(({ patients }) => patients),
      trends: Object.fromEntries(parts.flatMap(({ trends }) => Object.entries(trends))),
    };
  }
}
