import type { PatientState } from '../wire/PatientState';

/** Tiles that change per frame at least, and frames in which a full screen of changed tiles becomes current. */
const PER_FRAME = 4;
const FRAMES = 8;

/** The displayed state of each patient with a tile. */
export type Displayed = ReadonlyMap<string, PatientState>;

/**
 * Brings some of the tiles up to date, those first that are furthest behind: readings that arrive
 * together would change a full screen of tiles in one long task.
 */
export function advance(displayed: Displayed, near: readonly PatientState[]): { displayed: Displayed; changed: PatientState[] } {
  const shownAt = ({ patient_id: id }: PatientState): number => displayed.get(id)?.last_arrival_ms ?? 0;
  const behind = near.filter((patient) => isBehind(displayed, patient)).sort((one, other) => shownAt(one) - shownAt(other));
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
