import { tick } from 'svelte';
import { announcer } from '../page/announcer.svelte';
import { nextOrder, type Order } from '../ward/acuity';
import { connectionState, type ConnectionState, type Link } from './connection';
import { EventStream } from './eventStream';
import { LatencyWindow } from './latencyWindow';
import { clock } from './serverClock.svelte';
import { applySnapshot, applyUpdate, emptyWard, escalations, type WardState } from './wardState';
import type { PatientState } from '../wire/PatientState';
import type { WardSnapshot } from '../wire/WardSnapshot';
import type { WardUpdate } from '../wire/WardUpdate';

type Latency = { p50: number | null; p95: number | null };

/** The page's only event stream: of the whole ward, or of the patient on display. */
class LiveWard {
  #state = $state.raw<WardState>(emptyWard());
  #link = $state.raw<Link>(newLink());
  #order = $state.raw<Order | null>(null);
  #latency = $state.raw<Latency>({ p50: null, p95: null });
  #skipped = $state(0);
  #loaded = $state(false);
  readonly #window = new LatencyWindow();
  readonly #listeners = new Set<(patient: PatientState) => void>();
  #stream: EventStream | null = null;
  #scope: string | null | undefined;

  readonly connection: ConnectionState = $derived(connectionState(this.#link, clock.now - clock.offset));
  readonly lastEventMs: number | null = $derived(this.#link.lastEventMs ?? null);
  readonly latency: Latency = $derived(this.#latency);
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
    this.#link = newLink();
    const query = patient === null ? '' : `?patient=${encodeURIComponent(patient)}`;
    this.#stream = new EventStream(`/api/live${query}`, {
      open: () => (this.#link = { ...this.#link, open: true }),
      lost: () => (this.#link = { ...this.#link, open: false }),
      snapshot: (snapshot) => this.#applySnapshot(snapshot, patient === null),
      update: (update) => this.#applyUpdate(update),
      heartbeat: (heartbeat) => {
        this.#eventArrived(heartbeat.server_time_ms, { feedAlive: heartbeat.connected });
        this.#skipped = heartbeat.skipped;
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
    this.#eventArrived(snapshot.server_time_ms, { heartbeatMs: snapshot.settings.heartbeat_ms });
    this.#state = applySnapshot(this.#state, snapshot, wholeWard);
    this.#loaded = true;
    this.#patientsChanged(snapshot.patients);
  }

  #applyUpdate(update: WardUpdate): void {
    this.#eventArrived(update.server_time_ms);
    const before = this.#state.newestMs;
    announcer.announce(escalations(this.#state.patients, update.patients));
    this.#state = applyUpdate(this.#state, update);
    this.#patientsChanged(update.patients);
    const newest = update.newest_time_ms;
    if (newest !== null && newest > (before ?? 0)) void this.#measureLatency(newest);
  }

  #patientsChanged(changed: readonly PatientState[]): void {
    this.#order = nextOrder(this.#order, this.#state.patients, Date.now());
    for (const patient of changed) for (const listener of this.#listeners) listener(patient);
  }

  #eventArrived(serverMs: number, changes: Partial<Pick<Link, 'feedAlive' | 'heartbeatMs'>> = {}): void {
    clock.synchronize(serverMs);
    this.#link = { ...this.#link, open: true, lastEventMs: Date.now(), ...changes };
  }

  /** Bedside to pixel: from the time of the frame's newest reading until the frame is painted. */
  async #measureLatency(newestMs: number): Promise<void> {
    await tick();
    if (document.hidden) return;
    requestAnimationFrame(() => {
      // A task posted from the frame callback runs after the browser has painted the frame.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        this.#window.add(Date.now() - newestMs);
        this.#latency = { p50: this.#window.quantile(0.5), p95: this.#window.quantile(0.95) };
      };
      channel.port2.postMessage(null);
    });
  }
}

function newLink(): Link {
  return { open: false, lastEventMs: null, sinceMs: Date.now(), feedAlive: true, heartbeatMs: null };
}

export const live = new LiveWard();
