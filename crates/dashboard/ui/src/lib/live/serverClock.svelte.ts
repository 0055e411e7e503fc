import { clockOffset } from '../vitals/freshness';

/** The present, once a second for the whole page; the server's present when this machine's clock is off. */
class Clock {
  #offset = $state(0);
  #local = $state(Date.now());

  /** Milliseconds since the epoch, for ages. */
  readonly now: number = $derived(this.#local + this.#offset);
  /** How far this machine's clock is from the server's; 0 while it is close enough. */
  readonly offset: number = $derived(this.#offset);

  serverSaid(serverMs: number): void {
    this.#offset = clockOffset(serverMs, Date.now());
  }

  /** The present to the millisecond, not reactive. */
  exact(): number {
    return Date.now() + this.#offset;
  }

  start(): () => void {
    const timer = setInterval(() => (this.#local = Date.now()), 1_000);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
