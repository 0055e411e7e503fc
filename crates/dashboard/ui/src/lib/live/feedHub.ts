import { ClockSync } from './clockSync';
import { EscalationFinder } from './escalations';
import { EventStream, type StreamStatus } from './eventStream';
import type { FeedMessage } from './feed';
import type { SseEvent } from './sseParser';
import { localNow } from './localClock';
import { Subscriber } from './subscriber';
import { nextOrder } from '../ward/acuity';
import { applySnapshot, applyUpdate, emptyWard, type Snapshot, type WardState } from './wardState';
import type { Heartbeat } from '../wire/Heartbeat';
import type { WardSnapshot } from '../wire/WardSnapshot';
import type { WardUpdate } from '../wire/WardUpdate';

/** Interval at which received bytes are reported while no event completes. */
const PROGRESS_MS = 500;

/** The browser's only stream of the ward, shared by all of its pages. */
export class FeedHub {
  #ward: WardState = emptyWard();
  #last: { serverMs: number; lagMs: number } | null = null;
  #heartbeat: Heartbeat | null = null;
  #status: StreamStatus = { open: false, signedOut: false, bytes: 0 };
  #progress = 0;
  #stream: EventStream | null = null;
  readonly #clock = new ClockSync();
  readonly #escalations = new EscalationFinder();
  readonly #subscribers = new Set<Subscriber>();

  constructor(private readonly url: string) {}

  /** Adds a page. It gets the current state of the ward, if there is one. */
  add(post: (message: FeedMessage) => void): Subscriber {
    const subscriber = new Subscriber(post, () => this.#snapshot());
    this.#subscribers.add(subscriber);
    if (!this.#stream) this.#open();
    subscriber.send({ kind: 'status', status: this.#status });
    if (this.#last && this.#status.open) {
      subscriber.reset([], this.#last.lagMs, localNow());
      if (this.#heartbeat) subscriber.send({ kind: 'heartbeat', heartbeat: this.#heartbeat, lagMs: this.#last.lagMs });
    }
    return subscriber;
  }

  /** Removes a page. Without pages the stream closes. */
  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0) return;
    this.#stream?.close();
    this.#stream = null;
    this.#clock.stop();
    this.#ward = emptyWard();
    this.#last = null;
    this.#heartbeat = null;
    this.#status = { open: false, signedOut: false, bytes: 0 };
    this.#escalations.restored();
  }

  #open(): void {
    this.#clock.start();
    this.#stream = new EventStream(this.url, {
      status: (status) => this.#statusChanged(status),
      event: (event) => this.#handle(event),
    });
  }

  #statusChanged(status: StreamStatus): void {
    const changed = status.open !== this.#status.open || status.signedOut !== this.#status.signedOut;
    if (status.open && status.bytes === 0) this.#escalations.reopened();
    this.#status = status;
    const now = performance.now();
    // Events report themselves; only a long one, over a slow link, needs a sign of its progress.
    if (!changed && now - this.#progress < PROGRESS_MS) return;
    this.#progress = now;
    for (const subscriber of this.#subscribers) subscriber.send({ kind: 'status', status });
  }

  #handle({ name, data }: SseEvent): void {
    this.#progress = performance.now();
    if (name === 'snapshot') this.#applySnapshot(JSON.parse(data) as WardSnapshot);
    else if (name === 'update') this.#applyUpdate(JSON.parse(data) as WardUpdate);
    else if (name === 'heartbeat') this.#applyHeartbeat(JSON.parse(data) as Heartbeat);
  }

  #applySnapshot(snapshot: WardSnapshot): void {
    const lagMs = this.#arrived(snapshot.server_time_ms);
    if (this.#stream) this.#stream.heartbeatMs = snapshot.settings.heartbeat_ms;
    // A later snapshot stands for the updates before it, with their escalations.
    const found = this.#ward.settings === null ? [] : this.#escalations.inSnapshot(this.#ward.patients, snapshot.patients, snapshot.server_time_ms);
    this.#ward = applySnapshot(snapshot);
    for (const subscriber of this.#subscribers) subscriber.reset(found, lagMs, localNow());
  }

  #applyUpdate(update: WardUpdate): void {
    const lagMs = this.#arrived(update.server_time_ms);
    const found = this.#escalations.inUpdate(this.#ward.patients, update.patients, update.server_time_ms);
    this.#ward = applyUpdate(this.#ward, update);
    for (const subscriber of this.#subscribers) subscriber.update(update, found, lagMs, localNow());
  }

  #applyHeartbeat(heartbeat: Heartbeat): void {
    const lagMs = this.#arrived(heartbeat.server_time_ms);
    this.#heartbeat = heartbeat;
    if (!heartbeat.restoring) this.#escalations.restored();
    for (const subscriber of this.#subscribers) subscriber.send({ kind: 'heartbeat', heartbeat, lagMs });
  }

  /** Time from the server's event to its arrival, by the server's clock. */
  #arrived(serverMs: number): number {
    this.#clock.check();
    const { estimate } = this.#clock;
    const now = localNow();
    estimate.addEvent(serverMs, now);
    const lagMs = now + (estimate.offset ?? 0) - serverMs;
    this.#last = { serverMs, lagMs };
    return lagMs;
  }

  /** The ward as it is now, for a page that joins or resumes, in the order of its tiles: the page need not sort it. */
  #snapshot(): Snapshot | null {
    const { patients, trends, newestMs, watchStoppedMs, settings } = this.#ward;
    if (settings === null) return null;
    return {
      server_time_ms: this.#last?.serverMs ?? 0,
      newest_arrival_ms: newestMs,
      watch_stopped_ms: watchStoppedMs,
      settings,
      patients: nextOrder(null, patients, 0).ids.flatMap((id) => patients.get(id) ?? []),
      trends: trends.copy(),
    };
  }
}
