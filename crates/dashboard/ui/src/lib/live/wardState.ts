import { BANDS, bandFloor, scoreSentence } from '../vitals/news2';
import type { PatientState } from '../wire/PatientState';
import type { TrendPoint } from '../wire/TrendPoint';
import type { WardSnapshot } from '../wire/WardSnapshot';
import type { WardUpdate } from '../wire/WardUpdate';

/** Trend points kept for each patient, as many as a snapshot brings. */
export const TREND_POINTS = 120;

/** All that the live stream has said, folded; the maps are replaced in place, never grown beyond the ward. */
export type LiveState = {
  patients: Map<string, PatientState>;
  trends: Map<string, TrendPoint[]>;
  newestMs: number | null;
};

export function emptyLive(): LiveState {
  return { patients: new Map(), trends: new Map(), newestMs: null };
}

/** A snapshot of the ward is the whole truth; one of a single patient says nothing about the others. */
export function applySnapshot(state: LiveState, snapshot: WardSnapshot, wholeWard: boolean): LiveState {
  const base = wholeWard ? emptyLive() : state;
  for (const patient of snapshot.patients) {
    base.patients.set(patient.patient_id, patient);
    base.trends.set(patient.patient_id, (snapshot.trends[patient.patient_id] ?? []).slice(-TREND_POINTS));
  }
  return { ...base, newestMs: snapshot.newest_time_ms };
}

export function applyUpdate(state: LiveState, update: WardUpdate): LiveState {
  for (const patient of update.patients) {
    state.patients.set(patient.patient_id, patient);
    const trend = state.trends.get(patient.patient_id) ?? [];
    state.trends.set(patient.patient_id, appendTrend(trend, patient));
  }
  return { ...state, newestMs: update.newest_time_ms ?? state.newestMs };
}

/** Adds the point that a changed state stands for; only what was measured at that very time. */
export function appendTrend(trend: TrendPoint[], patient: PatientState): TrendPoint[] {
  const time = patient.last_time_ms;
  const last = trend.at(-1);
  if (last && time <= last.time_ms) return trend;
  const at = (name: 'heart_rate' | 'spo2' | 'systolic' | 'respiratory_rate'): number | null => {
    const measured = patient.vitals[name];
    return measured && measured.time_ms > (last?.time_ms ?? -Infinity) ? measured.value : null;
  };
  trend.push({
    time_ms: time,
    heart_rate: at('heart_rate'),
    spo2: at('spo2'),
    systolic: at('systolic'),
    respiratory_rate: at('respiratory_rate'),
  });
  if (trend.length > TREND_POINTS) trend.splice(0, trend.length - TREND_POINTS);
  return trend;
}

/** A sentence for everyone who reached a band that asks for somebody to come. */
export function escalations(before: Map<string, PatientState>, changed: readonly PatientState[]): string[] {
  const sentences: string[] = [];
  for (const patient of changed) {
    const known = before.get(patient.patient_id);
    const band = patient.news2.band;
    if (!known || (band !== 'high' && band !== 'medium')) continue;
    if (BANDS[band].rank > BANDS[bandFloor(known.news2)].rank) {
      sentences.push(`${placeOf(patient)} ${patient.patient_id}: ${scoreSentence(patient.news2)}`.trim());
    }
  }
  return sentences;
}

/** Where the patient lies, as far as it is known. */
export function placeOf(patient: Pick<PatientState, 'ward' | 'bed'>): string {
  if (patient.ward && patient.bed) return `${patient.ward} · ${patient.bed}`;
  return patient.ward ?? (patient.bed ? `Bed ${patient.bed}` : '');
}
