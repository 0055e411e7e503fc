import { announcer } from './announcer.svelte';
import { idText } from '../format/patientId';
import { limits } from '../vitals/limitStore.svelte';
import { reasons } from '../vitals/severity';
import { BANDS, scoreSentence } from '../vitals/news2';
import { locationOf, type Escalation } from '../live/wardState';
import type { PatientState } from '../wire/PatientState';

/** A change to High that nobody at this browser has dismissed yet. */
export type Alert = { id: string; location: string; text: string; atMs: number; times: number };

const KEY = 'vitals.alerts';

/** Total from which the band is High (RCP 2017, chart 4). */
const HIGH_FROM = 7;

/** The changes to High, on every page until they are dismissed. They survive a reload, and all pages of the browser share a dismissal. */
class Alerts {
  #list = $state.raw<Alert[]>(restore());
  readonly #others = 'BroadcastChannel' in globalThis ? new BroadcastChannel(KEY) : null;

  constructor() {
    if (this.#others) this.#others.onmessage = ({ data }: MessageEvent<string[]>) => this.#remove(data);
  }

  /** Newest first. */
  get list(): Alert[] {
    return this.#list;
  }

  /** Announces every escalation, and keeps those to High. */
  raise(escalations: readonly Escalation[], nowMs: number): void {
    announcer.announce(escalations.map(({ patient }) => `${locationOf(patient)} ${idText(patient.patient_id)}: ${explain(patient)}`.trim()));
    for (const { patient, high } of escalations) if (high) this.#add(patient, nowMs);
    store(this.#list);
  }

  dismiss(ids: readonly string[]): void {
    this.#remove(ids);
    this.#others?.postMessage(ids);
  }

  #add(patient: PatientState, nowMs: number): void {
    const id = patient.patient_id;
    const times = (this.#list.find((alert) => alert.id === id)?.times ?? 0) + 1;
    const alert = { id, location: locationOf(patient), text: explain(patient), atMs: nowMs, times };
    this.#list = [alert, ...this.#list.filter((other) => other.id !== id)];
  }

  #remove(ids: readonly string[]): void {
    this.#list = this.#list.filter((alert) => !ids.includes(alert.id));
    store(this.#list);
  }
}

/** The condition, or the score with the values and limits behind it. */
export function explain(patient: PatientState): string {
  const condition = patient.conditions.find((one) => one.priority === 'high');
  if (condition) return condition.text;
  const values = reasons(patient, limits.byVital).slice(0, 4).join(', ');
  const { total, partial } = patient.news2;
  const known = total ?? partial;
  const limit = known >= HIGH_FROM ? ` (${BANDS.high.label} from ${HIGH_FROM})` : '';
  return `${scoreSentence(patient.news2)}${limit}${values ? `: ${values}` : ''}`;
}

function restore(): Alert[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? (stored as Alert[]) : [];
  } catch {
    return [];
  }
}

function store(list: readonly Alert[]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // Storage may be blocked or full: the alerts then last as long as the page.
  }
}

export const alerts = new Alerts();
