/**
 * The local clock: milliseconds since the epoch, by the monotonic clock. It never steps back, so that no
 * value gets younger when the wall clock is set back.
 *
 * The monotonic clock of some browsers stops while the computer sleeps. An advance of the wall clock that it
 * lacks therefore counts, even though the wall clock may have been set: an age is too long rather than too short.
 */
export class LocalClock {
  #startMs = -Infinity;

  constructor(
    private readonly wall: () => number = () => Date.now(),
    private readonly monotonic: () => number = () => performance.now(),
  ) {}

  now(): number {
    const elapsedMs = this.monotonic();
    this.#startMs = Math.max(this.#startMs, this.wall() - elapsedMs);
    return this.#startMs + elapsedMs;
  }

  /** Time by which the wall clock has been set back, ms. */
  setBackMs(): number {
    return this.now() - this.wall();
  }
}

export const localClock = new LocalClock();
export const localNow = (): number => localClock.now();
