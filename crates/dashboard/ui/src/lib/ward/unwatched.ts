import type { PatientState } from '../wire/PatientState';

/** Patients whom no running watch judges. */
export type Unwatched = {
  count: number;
  /** Earliest time from which on readings are not judged. */
  sinceMs: number;
};

/** The patients whom no running watch judges; null without any. */
export function unwatchedOf(patients: Iterable<PatientState>): Unwatched | null {
  let count = 0;
  let sinceMs = Infinity;
  for (const { unwatched_since_ms: since } of patients) {
    if (since === null) continue;
    count += 1;
    sinceMs = Math.min(sinceMs, since);
  }
  return count === 0 ? null : { count, sinceMs };
}
