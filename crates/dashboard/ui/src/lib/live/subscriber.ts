import type { FeedMessage } from './feed';
import type { Escalation } from './escalations';
import { isLast, sliced, slicedSnapshot, type Slice } from './slices';
import type { Snapshot } from './wardState';
import type { PatientState } from '../wire/PatientState';
import type { WardUpdate } from '../wire/WardUpdate';

/** Time after which a page that was busy gets a snapshot: it has missed points of the trends. */
const RESUME_MS = 5_000;

/** Bound of the escalations that wait for a busy page. */
const MAX_ESCALATIONS = 500;

/**
 * A page that receives the feed at its own pace.
 *
 * A frame is sent once the page is ready for it. Until then changes are merged, so that nothing piles
 * up in front of a frozen page; escalations are all kept.
 */
export class Subscriber {
  #ready = true;
  #waiting: { since: number; patients: Map<string, PatientState>; last: WardUpdate; lagMs: number; whole: boolean } | null = null;
  #escalations: Escalation[] = [];

  constructor(
    private readonly post: (message: FeedMessage) => void,
    private readonly snapshot: () => Snapshot | null,
  ) {}

  /** Sends a message that replaces nothing and waits for nothing. */
  send(message: FeedMessage): void {
    this.post(message);
  }

  /** Sends the whole ward, at once or when the page is ready. */
  reset(escalations: readonly Escalation[], lagMs: number, nowMs: number): void {
    this.#merge({ server_time_ms: 0, newest_arrival_ms: null, watch_stopped_ms: null, patients: [] }, escalations, lagMs, nowMs, true);
    this.#flush(nowMs);
  }

  /** Sends a change, at once or merged with others when the page is ready. */
  update(update: WardUpdate, escalations: readonly Escalation[], lagMs: number, nowMs: number): void {
    this.#merge(update, escalations, lagMs, nowMs, false);
    this.#flush(nowMs);
  }

  /** The page has displayed the last frame. */
  ready(nowMs: number): void {
    this.#ready = true;
    this.#flush(nowMs);
  }

  #merge(update: WardUpdate, escalations: readonly Escalation[], lagMs: number, nowMs: number, whole: boolean): void {
    this.#escalations.push(...escalations);
    if (this.#escalations.length > MAX_ESCALATIONS) this.#escalations.splice(0, this.#escalations.length - MAX_ESCALATIONS);
    const waiting = (this.#waiting ??= { since: nowMs, patients: new Map(), last: update, lagMs, whole });
    for (const patient of update.patients) waiting.patients.set(patient.patient_id, patient);
    waiting.last = update;
    waiting.lagMs = lagMs;
    waiting.whole ||= whole;
  }

  #flush(nowMs: number): void {
    const waiting = this.#waiting;
    if (!this.#ready || !waiting) return;
    const snapshot = waiting.whole || nowMs - waiting.since > RESUME_MS ? this.snapshot() : null;
    const found = this.#escalations;
    this.#waiting = null;
    this.#escalations = [];
    this.#ready = false;
    // Escalations come last: the page knows their patients then.
    const rest = (slice: Slice) => ({ slice, escalations: isLast(slice) ? found : [], lagMs: waiting.lagMs });
    if (snapshot) {
      for (const { part, slice } of slicedSnapshot(snapshot)) this.post({ kind: 'snapshot', snapshot: part, ...rest(slice) });
    } else {
      for (const { part, slice } of sliced([...waiting.patients.values()])) {
        this.post({ kind: 'update', update: { ...waiting.last, patients: part }, ...rest(slice) });
      }
    }
  }
}
