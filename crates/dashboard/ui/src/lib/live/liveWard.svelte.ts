import { tick } from 'svelte';
import { alerts } from '../page/alerts.svelte';
import { href } from '../url/base';
import { nextOrder, type Order } from '../ward/acuity';
import { sameUnwatched, unwatchedOf, type Unwatched } from '../ward/unwatched';
import { connectionState, isLate, type ConnectionState, type Link } from './connection';
import type { FeedMessage } from './feed';
import { connect, type Feed } from './feedClient';
import { LatencyMeter, NO_LATENCY, type Latency } from './latencyMeter';
import { localNow } from './localClock';
import { clock } from './serverClock.svelte';
import { isLast, SnapshotJoiner, type Slice } from './slices';
import type { Escalation } from './escalations';
import { applySnapshot, applyUpdate, emptyWard, type Snapshot, type WardState } from './wardState';
import type { Heartbeat } from '../wire/Heartbeat';
import type { LiveSettings } from '../wire/LiveSettings';
import type { PatientState } from '../wire/PatientState';
import type { WardUpdate } from '../wire/WardUpdate';

/** Longest wait until a frame is displayed: a hidden page draws none, and a busy machine draws late. */
const FRAME_MS = 1_000;

/** Interval at which the displayed latency changes: to sort its samples for every frame would cost more than the frame. */
const LATENCY_MS = 500;

const NONE: ReadonlySet<string> = new Set();

/** The ward as it arrives from the feed. Every page has all of it, so that every page shows escalations. */
class LiveWard {
  #state = $state.raw<WardState>(emptyWard());
  #link = $state.raw<Link>(newLink());
  #settings = $state.raw<LiveSettings | null>(null);
  #unwatched = $state.raw<Unwatched | null>(null);
  #order = $state.raw<Order | null>(null);
  #latency = $state.raw<Latency>(NO_LATENCY);
  #newestArrivalMs = $state<number | null>(null);
  #restoring = $state(false);
  #skipped = $state(0);
  #loaded = $state(false);
  #received = $state(0);
  #lagMs = $state(0);
  #held = $state(false);
  #latencyMs = -Infinity;
  readonly #meter = new LatencyMeter();
  readonly #joiner = new SnapshotJoiner();
  readonly #listeners = new Set<(patient: PatientState) => void>();
  #followed: ReadonlySet<string> = NONE;
  /** Those of them with a reading that is not painted yet. */
  readonly #unpainted = new Set<string>();
  /** Arrival of the first slice of the latest frame. */
  #frameMs = 0;
  #feed: Feed | null = null;

  readonly connection: ConnectionState = $derived(connectionState(this.#link, clock.now - clock.offset, clock.now));
  /** Arrival of the newest reading from any patient, on the server's clock. */
  readonly newestArrivalMs: number | null = $derived(this.#newestArrivalMs);
  /** The server is still restoring readings from before its start: scores may be incomplete. */
  readonly restoring: boolean = $derived(this.#restoring);
  /** Arrival of the last event, on the server's clock. */
  readonly lastEventMs: number | null = $derived(this.#link.lastEventMs === null ? null : this.#link.lastEventMs + clock.offset);
  /** Time that the last event took from the server. */
  readonly lagMs: number = $derived(this.#lagMs);
  /** Bytes of the stream so far, for the progress of a slow first snapshot. */
  readonly received: number = $derived(this.#received);
  /** Blank while no reading arrives. */
  readonly latency: Latency = $derived(this.connection === 'live' || this.connection === 'late' ? this.#latency : NO_LATENCY);
  /** Frames the server skipped for this stream because the browser was slow. */
  readonly skipped: number = $derived(this.#skipped);
  /** The first snapshot has arrived. */
  readonly loaded: boolean = $derived(this.#loaded);
  readonly state: WardState = $derived(this.#state);
  /** The server's settings; unlike the state, they don't change with every frame. */
  readonly settings: LiveSettings | null = $derived(this.#settings);
  /** Patients whom no running watch judges. Null while the states of the watch and the readings are still being restored. */
  readonly unwatched: Unwatched | null = $derived(this.#unwatched);
  /** Patient ids in the order of the tiles. */
  readonly ids: string[] = $derived(this.#order?.ids ?? []);

  /** Connects to the feed. Does nothing if it is connected. */
  open(): void {
    if (this.#feed) return;
    this.#link = newLink();
    this.#feed = connect(href('/api/live'), (message) => this.#receive(message));
  }

  close(): void {
    this.#feed?.close();
    this.#feed = null;
    // A page that comes back from the browser's cache must not show these values until it has current ones.
    this.#state = emptyWard();
    this.#settings = null;
    this.#unwatched = null;
    this.#order = null;
    this.#newestArrivalMs = null;
    this.#latency = NO_LATENCY;
    this.#loaded = false;
  }

  /** Watches for a frozen page: what arrived meanwhile says nothing about the latency. */
  start(): () => void {
    const resume = (): void => {
      if (document.hidden) return;
      this.#meter.resume(clock.exact());
      clock.restart();
      // The pace of a hidden page no longer applies.
      this.#feed?.ready();
    };
    const timer = setInterval(() => this.#turn(), 1_000);
    document.addEventListener('visibilitychange', resume);
    document.addEventListener('resume', resume);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', resume);
      document.removeEventListener('resume', resume);
    };
  }

  /** Holds the order of the tiles while one is pointed at or focused. */
  hold(held: boolean): void {
    if (this.#held === held) return;
    this.#held = held;
    if (!held) this.#sort();
  }

  /** The order of the tiles is held. */
  get held(): boolean {
    return this.#held;
  }

  /** Patients whose tiles report themselves when they are painted, not when their readings arrive. */
  follow(ids: ReadonlySet<string>): () => void {
    this.#followed = ids;
    for (const id of this.#unpainted) if (!ids.has(id)) this.#unpainted.delete(id);
    return () => (this.#followed = NONE);
  }

  /** The tiles of these patients change with this animation frame. */
  painted(patients: readonly PatientState[]): void {
    // A state of the watch changes a tile without a reading.
    const measured = patients.filter((patient) => this.#unpainted.delete(patient.patient_id));
    if (measured.length > 0) afterFrame(() => this.#addLatencies(measured));
  }

  /** Calls `listener` for every changed patient, for charts that keep their own samples. */
  onPatient(listener: (patient: PatientState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #receive(message: FeedMessage): void {
    const arrivedMs = performance.now();
    this.#turn();
    if (message.kind === 'status') {
      const { open, signedOut, bytes } = message.status;
      this.#received = bytes;
      this.#link = { ...this.#link, open, signedOut, lastByteMs: bytes > 0 ? localNow() : this.#link.lastByteMs };
    } else if (message.kind === 'heartbeat') {
      this.#applyHeartbeat(message.heartbeat, message.lagMs);
    } else {
      if (message.slice.index === 0) this.#frameMs = arrivedMs;
      if (message.kind === 'snapshot') this.#addSnapshot(message.snapshot, message.slice, message.lagMs);
      else this.#applyUpdate(message.update, message.lagMs);
      this.#alert(message.escalations);
      if (isLast(message.slice)) void this.#displayed(this.#frameMs);
    }
  }

  #addSnapshot(part: Snapshot, slice: Slice, lagMs: number): void {
    const snapshot = this.#joiner.add(part, slice);
    if (snapshot) this.#applySnapshot(snapshot, lagMs);
  }

  #applySnapshot(snapshot: Snapshot, lagMs: number): void {
    const { heartbeat_ms: heartbeatMs, patient_silent_after_ms: patientSilentAfterMs } = snapshot.settings;
    this.#eventArrived(snapshot.server_time_ms, lagMs, { heartbeatMs, patientSilentAfterMs });
    this.#readingArrived(snapshot.newest_arrival_ms);
    this.#state = applySnapshot(snapshot);
    // Its readings are of any age.
    this.#unpainted.clear();
    this.#settings = snapshot.settings;
    this.#loaded = true;
    this.#patientsChanged(snapshot.patients);
  }

  #applyUpdate(update: WardUpdate, lagMs: number): void {
    this.#eventArrived(update.server_time_ms, lagMs);
    this.#readingArrived(update.newest_arrival_ms);
    const arrived = update.patients.filter((one) => isNewReading(this.#state.patients.get(one.patient_id), one));
    this.#state = applyUpdate(this.#state, update);
    this.#patientsChanged(update.patients);
    const displayed = [];
    for (const one of arrived) {
      if (this.#followed.has(one.patient_id)) this.#unpainted.add(one.patient_id);
      else displayed.push(one);
    }
    if (displayed.length > 0) void this.#measureLatency(displayed);
  }

  #applyHeartbeat(heartbeat: Heartbeat, lagMs: number): void {
    this.#eventArrived(heartbeat.server_time_ms, lagMs, { feedAlive: heartbeat.connected });
    this.#readingArrived(heartbeat.newest_arrival_ms);
    this.#skipped = heartbeat.skipped;
    this.#restoring = heartbeat.restoring;
    this.#findUnwatched();
  }

  /** Replaces the unwatched patients only if they changed: every tile depends on them. */
  #findUnwatched(): void {
    const found = this.#restoring ? null : unwatchedOf(this.#state);
    if (!sameUnwatched(this.#unwatched, found)) this.#unwatched = found;
  }

  #alert(escalations: readonly Escalation[]): void {
    if (escalations.length > 0) alerts.raise(escalations);
  }

  #patientsChanged(changed: readonly PatientState[]): void {
    this.#findUnwatched();
    this.#sort();
    for (const patient of changed) for (const listener of this.#listeners) listener(patient);
  }

  #sort(): void {
    this.#order = nextOrder(this.#order, this.#state.patients, clock.exact(), this.#held);
  }

  #eventArrived(serverMs: number, lagMs: number, changes: Partial<Link> = {}): void {
    clock.synchronize(serverMs);
    const now = localNow();
    this.#lagMs = lagMs;
    const late = isLate(lagMs, this.#link.late);
    this.#link = { ...this.#link, open: true, signedOut: false, lastByteMs: now, lastEventMs: now, serverMs: now - lagMs, late, ...changes };
  }

  #readingArrived(serverMs: number | null): void {
    if (serverMs === null || serverMs <= (this.#newestArrivalMs ?? -Infinity)) return;
    this.#newestArrivalMs = serverMs;
    this.#link = { ...this.#link, newestArrivalMs: serverMs };
  }

  #turn(): void {
    if (this.#meter.turn(clock.exact())) clock.restart();
  }

  /**
   * Asks for the next frame once this one is displayed, or does not become so. A frame that took long
   * is followed by a pause of the same length: half of the time remains for the user.
   */
  async #displayed(arrivedMs: number): Promise<void> {
    await tick();
    let asked = false;
    const ask = (): void => {
      clearTimeout(timer);
      if (!asked) this.#feed?.ready();
      asked = true;
    };
    const timer = setTimeout(ask, FRAME_MS);
    if (!document.hidden) afterPaint(() => setTimeout(ask, performance.now() - arrivedMs));
  }

  /** Bedside to pixel: from the measurement of each patient's reading until the frame is painted. */
  async #measureLatency(patients: readonly PatientState[]): Promise<void> {
    await tick();
    if (!document.hidden) afterPaint(() => this.#addLatencies(patients));
  }

  #addLatencies(patients: readonly PatientState[]): void {
    const now = clock.exact();
    this.#meter.add(patients, now);
    if (performance.now() - this.#latencyMs < LATENCY_MS) return;
    this.#latencyMs = performance.now();
    this.#latency = this.#meter.read(now);
  }
}

/** Runs `task` after the next frame. */
function afterPaint(task: () => void): void {
  requestAnimationFrame(() => afterFrame(task));
}

/** Runs `task` after the current frame: a task posted from the frame callback runs once it is painted. */
function afterFrame(task: () => void): void {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    channel.port1.close();
    task();
  };
  channel.port2.postMessage(null);
}

function isNewReading(before: PatientState | undefined, after: PatientState): boolean {
  return before === undefined || after.last_arrival_ms > before.last_arrival_ms;
}

function newLink(): Link {
  return {
    open: false,
    signedOut: false,
    lastByteMs: null,
    lastEventMs: null,
    sinceMs: localNow(),
    late: false,
    feedAlive: true,
    heartbeatMs: null,
    serverMs: null,
    newestArrivalMs: null,
    patientSilentAfterMs: null,
  };
}

export const live = new LiveWard();
