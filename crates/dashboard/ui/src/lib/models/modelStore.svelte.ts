import { fetchCard, fetchModelHealth, fetchModels } from '../http/api';
import { ProblemError } from '../http/problem';
import { localNow } from '../live/localClock';
import { clock } from '../live/serverClock.svelte';
import type { Card, Chosen, ModelHealth, ModelList } from './card';

/** Interval at which the list and the health are requested again: versions are activated while the page is open. */
const INTERVAL_MS = 15_000;

/** The model server's versions and health, and the card of one version. */
export class ModelStore {
  #list = $state.raw<ModelList | null>(null);
  #health = $state.raw<ModelHealth | null>(null);
  /** Time of the list and the health, on the local clock: the offset may not be known yet. */
  #receivedMs = $state(0);
  #card = $state.raw<Card | null>(null);
  #problem = $state.raw<ProblemError | null>(null);
  #cardProblem = $state.raw<ProblemError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run = 0;
  #cardRun = 0;

  get list(): ModelList | null {
    return this.#list;
  }

  get health(): ModelHealth | null {
    return this.#health;
  }

  /** Time of the list and the health, on the server's clock. */
  get asOfMs(): number {
    return this.#receivedMs + clock.offset;
  }

  get card(): Card | null {
    return this.#card;
  }

  /** The failure of the last request for the list. */
  get problem(): ProblemError | null {
    return this.#problem;
  }

  /** The failure of the last request for the card. */
  get cardProblem(): ProblemError | null {
    return this.#cardProblem;
  }

  start(): () => void {
    void this.load();
    return () => {
      this.#run += 1;
      this.#cardRun += 1;
      clearTimeout(this.#timer);
    };
  }

  async load(): Promise<void> {
    const run = ++this.#run;
    clearTimeout(this.#timer);
    try {
      const [list, health] = await Promise.all([fetchModels(), fetchModelHealth()]);
      if (run !== this.#run) return;
      this.#list = list;
      this.#health = health;
      this.#receivedMs = localNow();
      this.#problem = null;
    } catch (error) {
      if (run !== this.#run) return;
      this.#problem = toProblem(error);
    }
    this.#timer = setTimeout(() => void this.load(), INTERVAL_MS);
  }

  /** Loads the card of a version; the previous card is not shown under another name. */
  async show({ name, version }: Chosen): Promise<void> {
    const run = ++this.#cardRun;
    this.#card = null;
    this.#cardProblem = null;
    try {
      const card = await fetchCard(name, version);
      if (run === this.#cardRun) this.#card = card;
    } catch (error) {
      if (run === this.#cardRun) this.#cardProblem = toProblem(error);
    }
  }
}

function toProblem(error: unknown): ProblemError {
  return error instanceof ProblemError ? error : new ProblemError('The response could not be read', String(error), 0);
}
