import { fetchStatistics, isAbort } from '../http/api';
import { ProblemError } from '../http/problem';
import { clock } from '../live/serverClock.svelte';
import { statisticsPath, type Period } from './period';
import type { Statistics } from '../wire/Statistics';

/** Interval of the requests for live statistics. Those of the lake are requested once. */
const INTERVAL_MS = 5_000;

/** The statistics of a period and a ward. */
export class StatisticsStore {
  #statistics = $state.raw<Statistics | null>(null);
  #problem = $state.raw<ProblemError | null>(null);
  #request: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The last response for the period and the ward; null before the first. */
  get statistics(): Statistics | null {
    return this.#statistics;
  }

  /** The failure of the last request: the statistics are then those of an earlier one. */
  get problem(): ProblemError | null {
    return this.#problem;
  }

  /** Shows another period or ward. The previous statistics are not shown under its name. */
  show(period: Period, ward: string): void {
    this.#statistics = null;
    this.#problem = null;
    void this.#load(period, ward);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }

  async #load(period: Period, ward: string): Promise<void> {
    this.stop();
    const request = new AbortController();
    this.#request = request;
    try {
      const nowMs = period.kind === 'lake' ? await clock.timeFor(period.range) : clock.exact();
      if (request.signal.aborted) return;
      this.#statistics = await fetchStatistics(statisticsPath(period, ward, nowMs), request.signal);
      this.#problem = null;
    } catch (error) {
      if (isAbort(error) || request.signal.aborted) return;
      this.#problem = error instanceof ProblemError ? error : new ProblemError('The statistics could not be read', String(error), 0);
    }
    if (period.kind === 'live') this.#timer = setTimeout(() => void this.#load(period, ward), INTERVAL_MS);
  }
}
