import { fetchModel } from '../http/api';
import { isTransient, ProblemError } from '../http/problem';
import type { ModelDescription } from '../wire/model/ModelDescription';

/** Pause before another attempt after a failure of the server or the network. */
export const RETRY_MS = 5_000;

/** The description of the active model, requested until it comes. */
export class DescriptionStore {
  #model = $state.raw<ModelDescription | null>(null);
  #problem = $state.raw<ProblemError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run = 0;

  get model(): ModelDescription | null {
    return this.#model;
  }

  /** The failure of the last request. */
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

  /** Requests it at once, on behalf of the user. */
  retry(): void {
    this.#problem = null;
    void this.load();
  }

  async load(): Promise<void> {
    const run = ++this.#run;
    clearTimeout(this.#timer);
    try {
      const model = await fetchModel();
      if (run !== this.#run) return;
      this.#model = model;
      this.#problem = null;
    } catch (error) {
      if (run !== this.#run) return;
      const problem = error instanceof ProblemError ? error : new ProblemError('The model description could not be read', String(error), 0);
      this.#problem = problem;
      if (isTransient(problem)) this.#timer = setTimeout(() => void this.load(), RETRY_MS);
    }
  }
}
