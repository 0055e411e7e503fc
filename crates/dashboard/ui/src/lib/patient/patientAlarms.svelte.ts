import { fetchAlarms, isAbort } from '../http/api';
import { isTransient, ProblemError } from '../http/problem';
import { clock } from '../live/serverClock.svelte';
import { boundsOf, type Range } from '../url/timeRange';
import { combine } from './alarms';
import { RETRY_MS } from './patientHistory.svelte';
import type { AlarmHistory } from '../wire/AlarmHistory';
import type { AlarmState } from '../wire/AlarmState';

/** The part of the range whose alarms are known. */
export type Extent = 'loading' | 'failed' | 'unarchived' | 'partial' | 'complete';

/** The alarms of a patient: those of the lake, and those that were listed since the page was opened. */
export class PatientAlarms {
  #stored = $state.raw<AlarmHistory | null>(null);
  #problem = $state.raw<ProblemError | null>(null);
  #request: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** By id. An alarm that ends is archived some seconds later; until then only this map has it. Updated in place. */
  readonly seen = new Map<string, AlarmState>();

  constructor(private readonly id: string) {}

  get stored(): AlarmHistory | null {
    return this.#stored;
  }

  /** The failure of the last request: alarms of the period may then be missing. */
  get problem(): ProblemError | null {
    return this.#problem;
  }

  get extent(): Extent {
    if (this.#problem) return 'failed';
    if (!this.#stored) return 'loading';
    if (!this.#stored.archived_up_to.complete) return 'unarchived';
    return this.#stored.complete ? 'complete' : 'partial';
  }

  /** Loads the alarms of a range, again after an outage. A range that follows the current time is reloaded periodically. */
  show(range: Range): void {
    this.#stored = null;
    this.#problem = null;
    void this.#load(range);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }

  /** Adds the alarms that the watch lists. */
  add(listed: readonly AlarmState[]): void {
    for (const alarm of listed) this.seen.set(alarm.id, combine(this.seen.get(alarm.id), alarm));
  }

  async #load(range: Range): Promise<void> {
    this.stop();
    const request = new AbortController();
    this.#request = request;
    try {
      const bounds = boundsOf(range, await clock.timeFor(range));
      if (request.signal.aborted) return;
      this.#stored = await fetchAlarms(this.id, bounds, request.signal);
      this.#problem = null;
    } catch (error) {
      if (isAbort(error) || request.signal.aborted) return;
      this.#problem = error instanceof ProblemError ? error : new ProblemError('The alarms could not be read', String(error), 0);
    }
    const failed = this.#problem !== null && isTransient(this.#problem);
    if (failed) this.#timer = setTimeout(() => void this.#load(range), RETRY_MS);
    // New alarms come with the live stream, so a long range is reloaded less often.
    else if (range.kind === 'last') this.#timer = setTimeout(() => void this.#load(range), Math.min(Math.max(range.ms / 60, RETRY_MS), 300_000));
  }
}
