import { rankOf } from './acuity';
import type { PatientState } from '../wire/PatientState';

/** Tiles that change per frame at least, and frames in which a full screen of changed tiles becomes current. */
const PER_FRAME = 4;
const FRAMES = 8;

/** The displayed state of each patient with a tile. */
export type Displayed = ReadonlyMap<string, PatientState>;

/**
 * Brings some of the tiles up to date: readings that arrive together would change a full screen of tiles
 * in one long task. Patients whose rank rises come first, then those furthest behind.
 */
export function advance(displayed: Displayed, near: readonly PatientState[]): { displayed: Displayed; changed: PatientState[] } {
  const order = (patient: PatientState): number => {
    const shown = displayed.get(patient.patient_id);
    return !shown || rankOf(patient) > rankOf(shown) ? 0 : shown.last_arrival_ms;
  };
  const behind = near.filter((patient) => isBehind(displayed, patient)).sort((one, other) => order(one) - order(other));
  const changed = behind.slice(0, Math.max(PER_FRAME, Math.ceil(behind.length / FRAMES)));
  return { displayed: withStates(displayed, changed), changed };
}

/** The displayed states with those of other patients, or newer ones. */
export function withStates(displayed: Displayed, patients: readonly PatientState[]): Displayed {
  return patients.length === 0 ? displayed : new Map([...displayed, ...patients.map((one): [string, PatientState] => [one.patient_id, one])]);
}

/** The displayed states without those of patients who are not near: one who returns must not show an old state. */
export function pruned(displayed: Displayed, near: readonly PatientState[]): Displayed {
  const ids = new Set(near.map((patient) => patient.patient_id));
  const kept = [...displayed].filter(([id]) => ids.has(id));
  return kept.length === displayed.size ? displayed : new Map(kept);
}

/** Returns true if the patient's tile shows an earlier state. */
export function isBehind(displayed: Displayed, patient: PatientState): boolean {
  const shown = displayed.get(patient.patient_id);
  return shown !== undefined && shown !== patient;
}
