import { announcer } from './announcer.svelte';
import { idText } from '../format/patientId';
import { limits } from '../vitals/limitStore.svelte';
import { reasons } from '../vitals/severity';
import { BANDS, scoreSentence } from '../vitals/news2';
import { locationOf } from '../live/wardState';
import type { Escalation } from '../live/escalations';
import type { PatientState } from '../wire/PatientState';

/** A change to High, or the last of several of a patient, that nobody at this browser has dismissed yet. `atMs` is the server's time. */
export type Alert = { id: string; location: string; text: string; atMs: number; times: number };

/** A dismissed alert. A later change to High of the patient is not part of it. */
type Dismissal = Pick<Alert, 'id' | 'atMs'>;

const KEY = 'vitals.alerts';

/** Total from which the band is High (RCP 2017, chart 4). */
const HIGH_FROM = 7;

/** The changes to High, on every page until they are dismissed. They survive a reload, and all pages of the browser share a dismissal. */
export class Alerts {
  #list = $state.raw<Alert[]>(restore());
  /** Time of the last dismissed change by patient: a page that slept learns of the dismissal before it learns of the change. */
  readonly #dismissed = new Map<string, number>();
  readonly #others = 'BroadcastChannel' in globalThis ? new BroadcastChannel(KEY) : null;

  constructor() {
    if (this.#others) this.#others.onmessage = ({ data }: MessageEvent<Dismissal[]>) => this.#remove(data);
  }

  /** Newest first. */
  get list(): Alert[] {
    return this.#list;
  }

  /** Announces every escalation, and keeps those to High. */
  raise(escalations: readonly Escalation[]): void {
    announcer.announce(escalations.map(({ patient }) => `${locationOf(patient)} ${idText(patient.patient_id)}: ${explain(patient)}`.trim()));
    for (const { patient, high, atMs } of escalations) if (high) this.#add(patient, atMs);
    store(this.#list);
  }

  dismiss(alerts: readonly Dismissal[]): void {
    const dismissals = alerts.map(({ id, atMs }) => ({ id, atMs }));
    this.#remove(dismissals);
    this.#others?.postMessage(dismissals);
  }

  #add(patient: PatientState, atMs: number): void {
    const id = patient.patient_id;
    if (atMs <= (this.#dismissed.get(id) ?? -Infinity)) return;
    const times = (this.#list.find((alert) => alert.id === id)?.times ?? 0) + 1;
    const alert = { id, location: locationOf(patient), text: explain(patient), atMs, times };
    this.#list = [alert, ...this.#list.filter((other) => other.id !== id)];
  }

  #remove(dismissals: readonly Dismissal[]): void {
    for (const { id, atMs } of dismissals) this.#dismissed.set(id, Math.max(atMs, this.#dismissed.get(id) ?? atMs));
    this.#list = this.#list.filter(({ id, atMs }) => atMs > (this.#dismissed.get(id) ?? -Infinity));
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
