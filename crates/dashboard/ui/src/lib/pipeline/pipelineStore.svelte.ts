import { fetchPipeline } from '../http/api';
import { ProblemError } from '../http/problem';
import type { Pipeline } from '../wire/Pipeline';

/** Interval of the requests; the server asks the services as often. */
const INTERVAL_MS = 5_000;

/** The pipeline, requested again and again while its page is open. */
export class PipelineStore {
  #pipeline = $state.raw<Pipeline | null>(null);
  #problem = $state.raw<ProblemError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run = 0;

  /** The last response; null before the first. */
  get pipeline(): Pipeline | null {
    return this.#pipeline;
  }

  /** The failure of the last request: the pipeline is then that of an earlier one. */
  get problem(): ProblemError | null {
    return this.#problem;
  }

  start(): () => void {
    void this.load();
    return () => {
      this.#run += 1;
      clearTimeout(this.#timer);
    };
  }

  async load(): Promise<void> {
    const run = ++this.#run;
    clearTimeout(this.#timer);
    try {
      const pipeline = await fetchPipeline();
      if (run !== this.#run) return;
      this.#pipeline = pipeline;
      this.#problem = null;
    } catch (error) {
      if (run !== this.#run) return;
      this.#problem = error instanceof ProblemError ? error : new ProblemError('The pipeline could not be read', String(error), 0);
    }
    this.#timer = setTimeout(() => void this.load(), INTERVAL_MS);
  }
}
