import { clockOffset } from './clockOffset';

/** The current time, updated once per second, corrected to the server's clock if the local one is off. */
class ServerClock {
  #offset = $state(0);
  #local = $state(Date.now());

  /** Milliseconds since the epoch, for ages. */
  readonly now: number = $derived(this.#local + this.#offset);
  /** Correction of the local clock; 0 while the difference is tolerable. */
  readonly offset: number = $derived(this.#offset);

  /** Compares the local clock with a server time that has just arrived. */
  synchronize(serverMs: number): void {
    this.#offset = clockOffset(serverMs, Date.now());
  }

  /** The current time to the millisecond, not reactive. */
  exact(): number {
    return Date.now() + this.#offset;
  }

  start(): () => void {
    const timer = setInterval(() => (this.#local = Date.now()), 1_000);
    return () => clearInterval(timer);
  }
}

export const clock = new ServerClock();
