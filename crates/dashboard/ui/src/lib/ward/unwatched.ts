import { shortTime, type Zone } from '../format/time';
import type { WardState } from '../live/wardState';
import type { PatientState } from '../wire/PatientState';

/** Patients whom no running watch judges. */
export type Unwatched = {
  count: number;
  /** Earliest time from which on readings are not judged. */
  sinceMs: number;
  /** The last sign of life of a watch that has stopped; null while one judges other patients. */
  stoppedMs: number | null;
};

/** The patients whom no running watch judges; null without any. */
export function unwatchedOf({ patients, watchStoppedMs: stoppedMs }: Pick<WardState, 'patients' | 'watchStoppedMs'>): Unwatched | null {
  let count = 0;
  let sinceMs = Infinity;
  for (const { unwatched_since_ms } of patients.values()) {
    if (unwatched_since_ms === null) continue;
    count += 1;
    sinceMs = Math.min(sinceMs, unwatched_since_ms);
  }
  return count === 0 ? null : { count, sinceMs, stoppedMs };
}

export function sameUnwatched(one: Unwatched | null, other: Unwatched | null): boolean {
  return one?.count === other?.count && one?.sinceMs === other?.sinceMs && one?.stoppedMs === other?.stoppedMs;
}

/** Time up to which the alarms of a patient are known; null while a watch keeps them current. */
export function alarmsKnownMs(patient: PatientState, unwatched: Unwatched | null): number | null {
  return unwatched && (patient.unwatched_since_ms ?? unwatched.stoppedMs);
}

/** The age of alarms that no watch keeps current; empty for others. */
export function lastKnownText(knownMs: number | null, nowMs: number, zone: Zone): string {
  return knownMs === null ? '' : `last known at ${shortTime(knownMs, nowMs, zone)}`;
}
