import { fetchHistory, isAbort } from '../http/api';
import { pushSample, type LiveSamples } from './chart';
import { deviceOf } from './devices';
import { clock } from '../live/serverClock.svelte';
import { isTransient, ProblemError } from '../http/problem';
import { VITAL_NAMES } from '../vitals/catalog';
import { boundsOf, type Range } from '../url/timeRange';
import type { History } from '../wire/History';
import type { PatientState } from '../wire/PatientState';
import type { TrendPoint } from '../wire/TrendPoint';

/** Number of buckets per request: about one per two pixels of a wide strip. */
export const POINTS = 600;

/** Pause before another attempt, and the shortest one between two reloads. */
export const RETRY_MS = 15_000;

/** A patient's stored readings, and the live samples since the page was opened. */
export class PatientHistory {
  #history = $state.raw<History | null>(null);
  #problem = $state.raw<ProblemError | null>(null);
  #loading = $state(true);
  #request: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Updated in place and bounded. Not reactive: the clock's tick triggers rendering. */
  readonly samples: LiveSamples = {};

  constructor(private readonly id: string) {}

  get history(): History | null {
    return this.#history;
  }

  get problem(): ProblemError | null {
    return this.#problem;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** True once the whole range is archived and loaded: only then do chart, table and file contain all of it. */
  get complete(): boolean {
    return this.#history !== null && this.#problem === null && this.#history.archived_up_to.complete;
  }

  /**
   * Loads a range, again after an outage. A range that follows the current time is reloaded periodically.
   * With a `device`, only its readings count; an empty one stands for all.
   */
  show(range: Range, device: string): void {
    this.#history = null;
    this.#problem = null;
    this.#loading = true;
    void this.#load(range, device);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }

  /** Adds the new values of a patient's state to the live samples. */
  add(patient: PatientState): void {
    for (const vital of VITAL_NAMES) {
      const measured = patient.vitals[vital];
      if (measured) pushSample(this.samples, vital, { time: measured.time_ms, value: measured.value, doubted: measured.flagged, device: deviceOf(patient, measured) });
    }
  }

  /** Adds the trend of a snapshot, which starts before the page was opened. It has no doubted values. */
  seed(trend: readonly TrendPoint[]): void {
    for (const point of trend) {
      for (const vital of ['heart_rate', 'pulse', 'spo2', 'systolic', 'respiratory_rate'] as const) {
        const value = point[vital];
        if (value !== null) pushSample(this.samples, vital, { time: point.time_ms, value, doubted: false });
      }
    }
  }

  async #load(range: Range, device: string): Promise<void> {
    this.stop();
    const request = new AbortController();
    this.#request = request;
    try {
      const bounds = boundsOf(range, await clock.timeFor(range));
      if (request.signal.aborted) return;
      const history = await fetchHistory(this.id, bounds, POINTS, device, request.signal);
      this.#history = history;
      this.#problem = null;
    } catch (error) {
      if (isAbort(error) || request.signal.aborted) return;
      this.#problem = error instanceof ProblemError ? error : new ProblemError('The history could not be read', String(error), 0);
    }
    this.#loading = false;
    const failed = this.#problem !== null && isTransient(this.#problem);
    if (failed || range.kind === 'last') this.#timer = setTimeout(() => void this.#load(range, device), failed ? RETRY_MS : this.#reloadInterval());
  }

  /** Interval between reloads. New rows appear with the archive's next commit, and not more often than once per bucket. */
  #reloadInterval(): number {
    return Math.min(Math.max(this.#history?.bucket_ms ?? 0, RETRY_MS), 300_000);
  }
}
