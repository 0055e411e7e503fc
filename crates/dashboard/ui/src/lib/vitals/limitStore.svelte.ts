import { fetchLimits } from '../http/api';
import { limitsByVital, type LimitsByVital } from './catalog';

/** The limits of every vital, fetched once; the pages work without them, only unmarked. */
class LimitStore {
  #limits = $state.raw<LimitsByVital>({});
  #failed = $state(false);
  #retry: ReturnType<typeof setTimeout> | undefined;

  get byVital(): LimitsByVital {
    return this.#limits;
  }

  /** Limits could not be fetched: nothing on the screen is marked, and the page has to say so. */
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
