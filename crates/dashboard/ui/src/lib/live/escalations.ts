import { BANDS } from '../vitals/news2';
import { rankOf } from '../ward/acuity';
import type { PatientState } from '../wire/PatientState';

/** A patient who rose to, or arrived in, a band or condition that requires a clinician at the bedside. */
export type Escalation = {
  patient: PatientState;
  high: boolean;
  /** Server's time of the event that shows it: the same in every browser, however late the event arrives. */
  atMs: number;
};

/** Finds the escalations of a stream that may be opened again, by a server that may have restarted. */
export class EscalationFinder {
  #reopened = false;
  /** Ranks from before the stream was opened again, until the server has restored its readings. */
  readonly #before = new Map<string, number>();

  /** The stream was opened again: the next snapshot may lack patients and values that were known before. */
  reopened(): void {
    this.#reopened = true;
  }

  /** The server has restored its readings. */
  restored(): void {
    this.#before.clear();
  }

  /** The escalations of a snapshot, in its order. `known` is the ward before it. */
  inSnapshot(known: ReadonlyMap<string, PatientState>, patients: readonly PatientState[], atMs: number): Escalation[] {
    if (this.#reopened) {
      for (const [id, patient] of known) this.#before.set(id, Math.max(rankOf(patient), this.#before.get(id) ?? 0));
    }
    this.#reopened = false;
    return this.inUpdate(known, patients, atMs);
  }

  /** The escalations of a change, in the order of the changed patients. */
  inUpdate(known: ReadonlyMap<string, PatientState>, changed: readonly PatientState[], atMs: number): Escalation[] {
    const found: Escalation[] = [];
    for (const patient of changed) {
      const rank = rankOf(patient);
      if (rank < BANDS.medium.rank) continue;
      const before = known.get(patient.patient_id);
      const highest = Math.max(before ? rankOf(before) : 0, this.#before.get(patient.patient_id) ?? 0);
      if (rank > highest) found.push({ patient, high: rank >= BANDS.high.rank, atMs });
    }
    return found;
  }
}
