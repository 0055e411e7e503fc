import { Trends, type Rows } from './trends';
import type { LiveSettings } from '../wire/LiveSettings';
import type { PatientState } from '../wire/PatientState';
import type { TrendPoint } from '../wire/TrendPoint';
import type { WardSnapshot } from '../wire/WardSnapshot';
import type { WardUpdate } from '../wire/WardUpdate';

/** The state folded from the live stream. The maps are updated in place and bounded by the ward. */
export type WardState = {
  patients: Map<string, PatientState>;
  trends: Trends;
  /** Arrival of the newest reading. */
  newestMs: number | null;
  /** The last sign of life of the watch if it has stopped; null while it runs. */
  watchStoppedMs: number | null;
  /** Settings of the server; null before the first snapshot. */
  settings: LiveSettings | null;
};

export function emptyWard(): WardState {
  return { patients: new Map(), trends: new Trends(), newestMs: null, watchStoppedMs: null, settings: null };
}

/** A snapshot from the server, or from the worker with the points in rows. */
export type Snapshot = Omit<WardSnapshot, 'trends'> & { trends: Record<string, TrendPoint[] | Rows> };

/** The state of a snapshot, which replaces every earlier one. */
export function applySnapshot(snapshot: Snapshot): WardState {
  const state = emptyWard();
  for (const patient of snapshot.patients) {
    state.patients.set(patient.patient_id, patient);
    state.trends.set(patient.patient_id, snapshot.trends[patient.patient_id] ?? []);
  }
  return { ...state, newestMs: snapshot.newest_arrival_ms, watchStoppedMs: snapshot.watch_stopped_ms, settings: snapshot.settings };
}

/** Applies an update. Ignores an update without a snapshot before it: a stream starts with a snapshot. */
export function applyUpdate(state: WardState, update: WardUpdate): WardState {
  if (state.settings === null) return state;
  for (const patient of update.patients) {
    state.patients.set(patient.patient_id, patient);
    state.trends.append(patient, state.settings.trend_points);
  }
  return { ...state, newestMs: update.newest_arrival_ms ?? state.newestMs, watchStoppedMs: update.watch_stopped_ms };
}

/** Returns true if no reading has arrived from the patient for longer than the server's setting. */
export function isSilent(state: Pick<WardState, 'settings'>, patient: PatientState, nowMs: number): boolean {
  return state.settings !== null && nowMs - patient.last_arrival_ms > state.settings.patient_silent_after_ms;
}

/** Ward and bed, as far as they are known. */
export function locationOf(patient: Pick<PatientState, 'ward' | 'bed'>): string {
  if (patient.ward && patient.bed) return `${patient.ward} · ${patient.bed}`;
  return patient.ward ?? (patient.bed ? `Bed ${patient.bed}` : '');
}
