import { ClockSync } from './clockSync';

/** Difference of the clocks that the page points out: the device's own clock shows another time. */
const NOTABLE_MS = 2_000;

/** Largest step back that is held instead of shown: a clock that steps back looks broken. */
const HELD_MS = 2_000;

/** The server's time, updated once per second. */
class ServerClock {
  #offset = $state(0);
  #now = $state(Date.now());
  readonly #sync = new ClockSync(() => this.#adopt());

  /** Milliseconds since the epoch, for ages. It steps back only if it was wrong by seconds. */
  get now(): number {
    return this.#now;
  }

  /** Correction of the local clock. */
  get offset(): number {
    return this.#offset;
  }

  /** The difference of the clocks if it is notable: positive if this device's clock is behind. */
  readonly difference: number | null = $derived(Math.abs(this.#offset) >= NOTABLE_MS ? this.#offset : null);

  /** Uses the server's time of an event: it bounds the offset until the first round trip. */
  synchronize(serverMs: number): void {
    this.#sync.estimate.addEvent(serverMs, Date.now());
    this.#adopt();
  }

  /** Measures the offset again, after the page was frozen for example. */
  restart(): void {
    // Timers of a hidden page are rare: the ages must not be those from before.
    this.#tick();
    this.#sync.start();
  }

  /** The current time to the millisecond, not reactive. */
  exact(): number {
    return Date.now() + this.#offset;
  }

  start(): () => void {
    this.#sync.start();
    const timer = setInterval(() => {
      this.#sync.check();
      this.#tick();
    }, 1_000);
    return () => {
      clearInterval(timer);
      this.#sync.stop();
    };
  }

  #adopt(): void {
    const { offset } = this.#sync.estimate;
    if (offset === null || offset === this.#offset) return;
    this.#offset = offset;
    this.#tick();
  }

  #tick(): void {
    const exact = this.exact();
    if (exact >= this.#now || this.#now - exact > HELD_MS) this.#now = exact;
  }
}

export const clock = new ServerClock();
