import { fetchTime } from '../http/api';
import { ClockOffset, NETWORK_MS } from './clockOffset';
import { localNow } from './localClock';

/** Intervals of the first round trips, of the later ones, and after a failure or a slow one. */
const FIRST_MS = 400;
const LATER_MS = 30_000;
const FAILED_MS = 5_000;

/** Number of round trips in quick succession, of which the fastest counts. */
const FIRST_SAMPLES = 3;

/** Measures the offset to the server's clock for as long as the page or the worker lives. */
export class ClockSync {
  readonly estimate = new ClockOffset();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #samples = 0;
  #run = 0;
  readonly #waiting = new Set<() => void>();

  constructor(private readonly changed: () => void = () => {}) {}

  /** Begins, or begins anew after a pause. */
  start(): void {
    this.#samples = 0;
    void this.#measure(++this.#run);
  }

  stop(): void {
    this.#run += 1;
    clearTimeout(this.#timer);
  }

  /** Begins anew if the local clock jumped. */
  check(): void {
    if (this.estimate.jumped(localNow(), performance.now())) this.start();
  }

  /** Waits until a round trip has measured the offset, for `waitMs` at most. Returns false if none has. */
  measured(waitMs: number): Promise<boolean> {
    this.check();
    if (this.estimate.measured) return Promise.resolve(true);
    return new Promise((done) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        done(this.estimate.measured);
      };
      const timer = setTimeout(finish, waitMs);
      this.#waiting.add(finish);
    });
  }

  async #measure(run: number): Promise<void> {
    clearTimeout(this.#timer);
    this.check();
    const [sentMs, sent] = [localNow(), performance.now()];
    let delay = FAILED_MS;
    try {
      const serverMs = await fetchTime();
      this.check();
      if (run !== this.#run) return;
      const roundTrip = performance.now() - sent;
      this.estimate.addRoundTrip(sentMs, serverMs, sentMs + roundTrip);
      this.#samples += 1;
      // A slow one says little: the next one may be faster.
      if (this.#samples < FIRST_SAMPLES) delay = FIRST_MS;
      else if (roundTrip <= NETWORK_MS) delay = LATER_MS;
      this.changed();
      for (const finish of this.#waiting) finish();
    } catch {
      // The stream's events still bound the offset, and the banner reports the connection.
    }
    if (run === this.#run) this.#timer = setTimeout(() => void this.#measure(run), delay);
  }
}
