import { shortTime, type Zone } from '../format/time';
import type { PatientState } from '../wire/PatientState';

/** Time by which a judgement may be older than the patient's last reading while the watch runs, as on the server. */
const CURRENT_MS = 90_000;

/**
 * Time by which the last judgements of two patients may differ when a watch stops: it publishes each
 * state every half a minute, and not all at once.
 */
const STAGGER_MS = 45_000;

/** Patients whom no running watch judges. */
export type Unwatched = {
  count: number;
  /** Earliest time from which on readings are not judged. */
  sinceMs: number;
  /** Time up to which readings were judged, if no judgement proves that a watch still runs; else null. */
  stoppedMs: number | null;
};

/** The patients whom no running watch judges; null without any. */
export function unwatchedOf(patients: Iterable<PatientState>): Unwatched | null {
  let count = 0;
  let [sinceMs, lastMs, watchedMs] = [Infinity, -Infinity, -Infinity];
  for (const patient of patients) {
    const since = patient.unwatched_since_ms;
    if (since === null) {
      watchedMs = Math.max(watchedMs, judgedMs(patient));
      continue;
    }
    count += 1;
    sinceMs = Math.min(sinceMs, since);
    lastMs = Math.max(lastMs, since);
  }
  if (count === 0) return null;
  // A patient whom the watch judged last, or without readings since it stopped, is no proof that it runs.
  return { count, sinceMs, stoppedMs: watchedMs <= lastMs + STAGGER_MS ? lastMs : null };
}

/**
 * Time up to which a watched patient is judged at least: that of the alarms, or the earliest that the
 * server accepts. A reading's arrival says nothing about the watch.
 */
function judgedMs({ alarms, last_arrival_ms }: PatientState): number {
  return alarms[0]?.as_of_ms ?? last_arrival_ms - CURRENT_MS;
}

/** Time up to which the alarms of a patient are known; null while a watch keeps them current. */
export function alarmsKnownMs(patient: PatientState, unwatched: Unwatched | null): number | null {
  return unwatched && (patient.unwatched_since_ms ?? unwatched.stoppedMs);
}

/** The age of alarms that no watch keeps current; empty for others. */
export function lastKnownText(knownMs: number | null, nowMs: number, zone: Zone): string {
  return knownMs === null ? '' : `last known at ${shortTime(knownMs, nowMs, zone)}`;
}
