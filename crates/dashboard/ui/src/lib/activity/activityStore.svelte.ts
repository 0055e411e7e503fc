import { fetchActivity, isAbort } from '../http/api';
import { ProblemError } from '../http/problem';
import { clock } from '../live/serverClock.svelte';
import { activityPath, type Selection } from './selection';
import type { Activity } from '../wire/Activity';

/** Interval of the requests for the newest events. Those of the lake are requested once. */
const INTERVAL_MS = 3_000;

/** The events of a selection. */
export class ActivityStore {
  #activity = $state.raw<Activity | null>(null);
  #problem = $state.raw<ProblemError | null>(null);
  #request: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The last response for the selection; null before the first. */
  get activity(): Activity | null {
    return this.#activity;
  }

  /** The failure of the last request: the events are then those of an earlier one. */
  get problem(): ProblemError | null {
    return this.#problem;
  }

  /** Shows another selection. The previous events are not shown under its name. */
  show(selection: Selection): void {
    this.#activity = null;
    this.#problem = null;
    void this.#load(selection);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }

  async #load(selection: Selection): Promise<void> {
    this.stop();
    const request = new AbortController();
    this.#request = request;
    try {
      const nowMs = selection.period.kind === 'lake' ? await clock.timeFor(selection.period.range) : clock.exact();
      if (request.signal.aborted) return;
      this.#activity = await fetchActivity(activityPath(selection, nowMs), request.signal);
      this.#problem = null;
    } catch (error) {
      if (isAbort(error) || request.signal.aborted) return;
      this.#problem = error instanceof ProblemError ? error : new ProblemError('The activity could not be read', String(error), 0);
    }
    if (selection.period.kind === 'live') this.#timer = setTimeout(() => void this.#load(selection), INTERVAL_MS);
  }
}
