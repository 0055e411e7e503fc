import { tick } from 'svelte';
import { announcer } from '../page/announcer.svelte';
import { nextOrder, type Order } from '../ward/acuity';
import { connectionState, type ConnectionState, type Link } from './connection';
import { EventStream } from './eventStream';
import { LatencyWindow } from './latencyWindow';
import { WorstDevice, type Worst } from './worstDevice';
import { clock } from './serverClock.svelte';
import { applySnapshot, applyUpdate, emptyWard, escalations, type WardState } from './wardState';
import type { PatientState } from '../wire/PatientState';
import type { WardSnapshot } from '../wire/WardSnapshot';
import type { WardUpdate } from '../wire/WardUpdate';

type Latency = { p50: number | null; p95: number | null; worst: Worst | null };

const NO_LATENCY: Latency = { p50: null, p95: null, worst: null };

/** The page's only event stream: of the whole ward, or of the patient on display. */
class LiveWard {
  #state = $state.raw<WardState>(emptyWard());
  #link = $state.raw<Link>(newLink());
  #order = $state.raw<Order | null>(null);
  #latency = $state.raw<Latency>(NO_LATENCY);
  #newestArrivalMs = $state<number | null>(null);
  #restoring = $state(false);
  #skipped = $state(0);
  #loaded = $state(false);
  readonly #window = new LatencyWindow();
  readonly #devices = new WorstDevice();
  readonly #listeners = new Set<(patient: PatientState) => void>();
  #stream: EventStream | null = null;
  #scope: string | null | undefined;

  readonly connection: ConnectionState = $derived(connectionState(this.#link, clock.now - clock.offset));
  /** Arrival of the newest reading from any patient, on the server's clock. */
  readonly newestArrivalMs: number | null = $derived(this.#newestArrivalMs);
  /** The server is still restoring readings from before its start: scores may be incomplete. */
  readonly restoring: boolean = $derived(this.#restoring);
  readonly lastEventMs: number | null = $derived(this.#link.lastEventMs ?? null);
  /** Blank while no reading arrives. */
  readonly latency: Latency = $derived(this.connection === 'live' ? this.#latency : NO_LATENCY);
  /** Frames the server skipped for this stream because the browser was slow. */
  readonly skipped: number = $derived(this.#skipped);
  /** The first snapshot of the current scope has arrived. */
  readonly loaded: boolean = $derived(this.#loaded);
  readonly state: WardState = $derived(this.#state);
  /** Patient ids, highest acuity first. */
  readonly ids: string[] = $derived(this.#order?.ids ?? []);

  /** Opens the stream of a patient, or of the ward for null. Does nothing if that stream is open. */
  watch(patient: string | null): void {
    if (this.#scope === patient) return;
    this.#scope = patient;
    this.#stream?.close();
    this.#loaded = false;
    this.#window.clear();
    this.#devices.clear();
    this.#latency = NO_LATENCY;
    this.#newestArrivalMs = null;
    this.#link = newLink();
    const query = patient === null ? '' : `?patient=${encodeURIComponent(patient)}`;
    this.#stream = new EventStream(`/api/live${query}`, {
      open: () => (this.#link = { ...this.#link, open: true }),
      lost: () => (this.#link = { ...this.#link, open: false }),
      snapshot: (snapshot) => this.#applySnapshot(snapshot, patient === null),
      update: (update) => this.#applyUpdate(update),
      heartbeat: (heartbeat) => {
        this.#eventArrived(heartbeat.server_time_ms, { feedAlive: heartbeat.connected });
        this.#readingArrived(heartbeat.newest_arrival_ms);
        this.#skipped = heartbeat.skipped;
        this.#restoring = heartbeat.restoring;
      },
    });
  }

  close(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#scope = undefined;
  }

  /** Calls `listener` for every changed patient, for charts that keep their own samples. */
  onPatient(listener: (patient: PatientState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #applySnapshot(snapshot: WardSnapshot, wholeWard: boolean): void {
    const { heartbeat_ms: heartbeatMs, patient_silent_after_ms: patientSilentAfterMs } = snapshot.settings;
    this.#eventArrived(snapshot.server_time_ms, { heartbeatMs, patientSilentAfterMs });
    this.#readingArrived(snapshot.newest_arrival_ms);
    // A later snapshot stands for the updates before it, with their escalations.
    if (this.#loaded) announcer.announce(escalations(this.#state.patients, snapshot.patients));
    this.#state = applySnapshot(this.#state, snapshot, wholeWard);
    this.#loaded = true;
    this.#patientsChanged(snapshot.patients);
  }

  #applyUpdate(update: WardUpdate): void {
    this.#eventArrived(update.server_time_ms);
    this.#readingArrived(update.newest_arrival_ms);
    const arrived = update.patients.filter((one) => isNewReading(this.#state.patients.get(one.patient_id), one));
    announcer.announce(escalations(this.#state.patients, update.patients));
    this.#state = applyUpdate(this.#state, update);
    this.#patientsChanged(update.patients);
    if (arrived.length > 0) void this.#measureLatency(arrived);
  }

  #patientsChanged(changed: readonly PatientState[]): void {
    this.#order = nextOrder(this.#order, this.#state.patients, Date.now());
    for (const patient of changed) for (const listener of this.#listeners) listener(patient);
  }

  #eventArrived(serverMs: number, changes: Partial<Pick<Link, 'feedAlive' | 'heartbeatMs' | 'patientSilentAfterMs'>> = {}): void {
    clock.synchronize(serverMs);
    this.#link = { ...this.#link, open: true, lastEventMs: Date.now(), ...changes };
  }

  #readingArrived(serverMs: number | null): void {
    if (serverMs === null || serverMs <= (this.#newestArrivalMs ?? -Infinity)) return;
    this.#newestArrivalMs = serverMs;
    this.#link = { ...this.#link, newestArrivalMs: serverMs - clock.offset };
  }

  /** Bedside to pixel: from the measurement of each patient's reading until the frame is painted. */
  async #measureLatency(patients: readonly PatientState[]): Promise<void> {
    await tick();
    if (document.hidden) return;
    requestAnimationFrame(() => {
      // A task posted from the frame callback runs after the browser has painted the frame.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        const now = clock.exact();
        for (const patient of patients) this.#addLatency(patient, now);
        const [p50, p95] = [this.#window.quantile(0.5), this.#window.quantile(0.95)];
        this.#latency = { p50, p95, worst: this.#devices.worst(now) };
      };
      channel.port2.postMessage(null);
    });
  }

  #addLatency(patient: PatientState, nowMs: number): void {
    const device = patient.devices[patient.last_device];
    // The latency of a device with a wrong clock is unknown.
    if (!device || device.clock_offset_ms !== null) return;
    const ms = nowMs - patient.last_time_ms;
    this.#window.add(ms);
    this.#devices.add(device.device_id ?? patient.patient_id, ms, nowMs);
  }
}

function isNewReading(before: PatientState | undefined, after: PatientState): boolean {
  return before === undefined || after.last_arrival_ms > before.last_arrival_ms;
}

function newLink(): Link {
  return {
    open: false,
    lastEventMs: null,
    sinceMs: Date.now(),
    feedAlive: true,
    heartbeatMs: null,
    newestArrivalMs: null,
    patientSilentAfterMs: null,
  };
}

export const live = new LiveWard();
