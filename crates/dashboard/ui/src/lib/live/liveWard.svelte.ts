import { tick } from 'svelte';
import { nextOrder, type Order } from '../ward/acuity';
import { announcer } from '../page/announcer.svelte';
import { clock } from './serverClock.svelte';
import { connectionState, type ConnectionState, type Link } from './connection';
import { LatencyWindow } from './latencyWindow';
import { applySnapshot, applyUpdate, emptyLive, escalations, type LiveState } from './wardState';
import { LiveStream } from './eventStream';
import type { PatientState } from '../wire/PatientState';
import type { WardUpdate } from '../wire/WardUpdate';

type Latency = { p50: number | null; p95: number | null };

/** The one live stream of the page: of the whole ward, or of the one patient that is looked at. */
class Live {
  #state = $state.raw<LiveState>(emptyLive());
  #link = $state.raw<Link>({ open: false, lastEventMs: null, sinceMs: Date.now(), feedAlive: true });
  #order = $state.raw<Order | null>(null);
  #latency = $state.raw<Latency>({ p50: null, p95: null });
  #skipped = $state(0);
  #loaded = $state(false);
  readonly #window = new LatencyWindow();
  readonly #listeners = new Set<(patient: PatientState) => void>();
  #stream: LiveStream | null = null;
  #scope: string | null | undefined;

  readonly connection: ConnectionState = $derived(connectionState(this.#link, clock.now - clock.offset));
  readonly lastEventMs: number | null = $derived(this.#link.lastEventMs ?? null);
  readonly latency: Latency = $derived(this.#latency);
  /** Frames that the server left out for a slow reader, since it started. */
  readonly skipped: number = $derived(this.#skipped);
  /** The first snapshot of the present scope has arrived. */
  readonly loaded: boolean = $derived(this.#loaded);
  readonly state: LiveState = $derived(this.#state);
  /** Patients in falling acuity. */
  readonly ids: string[] = $derived(this.#order?.ids ?? []);

  /** Opens the stream of a patient, or of the ward; does nothing when that is open already. */
  watch(patient: string | null): void {
    if (this.#scope === patient) return;
    this.#scope = patient;
    this.#stream?.close();
    this.#loaded = false;
    this.#window.clear();
    this.#link = { open: false, lastEventMs: null, sinceMs: Date.now(), feedAlive: true };
    const query = patient === null ? '' : `?patient=${encodeURIComponent(patient)}`;
    this.#stream = new LiveStream(`/api/live${query}`, {
      open: () => (this.#link = { ...this.#link, open: true }),
      lost: () => (this.#link = { ...this.#link, open: false }),
      snapshot: (snapshot) => {
        this.#heard(snapshot.server_time_ms);
        this.#state = applySnapshot(this.#state, snapshot, patient === null);
        this.#loaded = true;
        this.#arrange(snapshot.patients);
      },
      update: (update) => this.#update(update),
      heartbeat: (heartbeat) => {
        this.#heard(heartbeat.server_time_ms, heartbeat.connected);
        this.#skipped = heartbeat.skipped;
      },
    });
  }

  close(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#scope = undefined;
  }

  /** Calls for every changed patient, for charts that keep samples of their own. */
  onPatient(listener: (patient: PatientState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #update(update: WardUpdate): void {
    this.#heard(update.server_time_ms);
    const before = this.#state.newestMs;
    announcer.say(escalations(this.#state.patients, update.patients));
    this.#state = applyUpdate(this.#state, update);
    this.#arrange(update.patients);
    const newest = update.newest_time_ms;
    if (newest !== null && newest > (before ?? 0)) void this.#measure(newest);
  }

  #arrange(changed: readonly PatientState[]): void {
    this.#order = nextOrder(this.#order, this.#state.patients, Date.now());
    for (const patient of changed) for (const listener of this.#listeners) listener(patient);
  }

  #heard(serverMs: number, feedAlive = this.#link.feedAlive): void {
    clock.serverSaid(serverMs);
    this.#link = { open: true, lastEventMs: Date.now(), sinceMs: this.#link.sinceMs, feedAlive };
  }

  /** Bedside to pixel: from the newest reading in the frame to the frame having been painted. */
  async #measure(newestMs: number): Promise<void> {
    await tick();
    if (document.hidden) return;
    requestAnimationFrame(() => {
      // A task posted from the frame callback runs after that frame was handed to the screen.
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

export const live = new Live();
