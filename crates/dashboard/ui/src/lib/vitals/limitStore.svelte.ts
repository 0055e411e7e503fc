import { fetchLimits } from '../http/api';
import { limitsByVital, type LimitsByVital } from './catalog';

/** The alert limits of every vital, fetched once. Without them the pages mark no values. */
class LimitStore {
  #limits = $state.raw<LimitsByVital>({});
  #failed = $state(false);
  #retry: ReturnType<typeof setTimeout> | undefined;

  get byVital(): LimitsByVital {
    return this.#limits;
  }

  /** True if the request failed: no value is marked, and the page must show that. */
  get failed(): boolean {
    return this.#failed;
  }

  load(): void {
    clearTimeout(this.#retry);
    fetchLimits().then(
      (list) => {
        this.#limits = limitsByVital(list);
        this.#failed = false;
      },
      () => {
        this.#failed = true;
        this.#retry = setTimeout(() => this.load(), 10_000);
      },
    );
  }
}

export const limits = new LimitStore();
