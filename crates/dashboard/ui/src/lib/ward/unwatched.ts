import { shortTime, type Zone } from '../format/time';
import type { PatientState } from '../wire/PatientState';

/** Time by which a judgement may be older than the patient's last reading while the watch runs, as on the server. */
const CURRENT_MS = 90_000;

/** Patients whom no running watch judges. */
export type Unwatched = {
  count: number;
  /** Earliest time from which on readings are not judged. */
  sinceMs: number;
  /** Time up to which readings were judged, if no reading proves that a watch still runs; else null. */
  stoppedMs: number | null;
};

/** The patients whom no running watch judges; null without any. */
export function unwatchedOf(patients: Iterable<PatientState>): Unwatched | null {
  let count = 0;
  let [sinceMs, lastMs, watchedMs] = [Infinity, -Infinity, -Infinity];
  for (const { unwatched_since_ms: since, last_arrival_ms: arrival } of patients) {
    if (since === null) {
      watchedMs = Math.max(watchedMs, arrival);
      continue;
    }
    count += 1;
    sinceMs = Math.min(sinceMs, since);
    lastMs = Math.max(lastMs, since);
  }
  if (count === 0) return null;
  // A patient without readings since the watch stopped is no proof that it runs.
  return { count, sinceMs, stoppedMs: watchedMs <= lastMs + CURRENT_MS ? lastMs : null };
}

/** Time up to which the alarms of a patient are known; null while a watch keeps them current. */
export function alarmsKnownMs(patient: PatientState, unwatched: Unwatched | null): number | null {
  return unwatched && (patient.unwatched_since_ms ?? unwatched.stoppedMs);
}

/** The age of alarms that no watch keeps current; empty for others. */
export function lastKnownText(knownMs: number | null, nowMs: number, zone: Zone): string {
  return knownMs === null ? '' : `last known at ${shortTime(knownMs, nowMs, zone)}`;
}
