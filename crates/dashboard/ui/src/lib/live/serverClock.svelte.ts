import { ClockSync } from './clockSync';

/** Difference of the clocks that the page points out: the device's own clock shows another time. */
const NOTABLE_MS = 2_000;

/** Largest step back that is held instead of shown: a clock that steps back looks broken. */
const HELD_MS = 2_000;

/** Groups of tiles whose ages change in turns: those of a full screen at once would be one long task. */
const CLOCK_PHASES = 4;

/** The server's time, updated once per second. */
class ServerClock {
  #offset = $state(0);
  /** The time of each group. */
  readonly #times = $state<number[]>(Array.from({ length: CLOCK_PHASES }, () => Date.now()));
  #phase = 0;
  readonly #sync = new ClockSync(() => this.#adopt());

  /** Milliseconds since the epoch, for ages. It steps back only if it was wrong by seconds. */
  get now(): number {
    return this.nowOf(0);
  }

  /** The same for a group of tiles, each of which is updated at another time of the second. */
  nowOf(phase: number): number {
    return this.#times[phase % CLOCK_PHASES] ?? 0;
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
    this.#tickAll();
    this.#sync.start();
  }

  /** The current time to the millisecond, not reactive. */
  exact(): number {
    return Date.now() + this.#offset;
  }

  start(): () => void {
    this.#sync.start();
    const timer = setInterval(() => {
      this.#phase = (this.#phase + 1) % CLOCK_PHASES;
      if (this.#phase === 0) this.#sync.check();
      this.#tick(this.#phase);
    }, 1_000 / CLOCK_PHASES);
    return () => {
      clearInterval(timer);
      this.#sync.stop();
    };
  }

  #adopt(): void {
    const { offset } = this.#sync.estimate;
    if (offset === null || offset === this.#offset) return;
    this.#offset = offset;
    this.#tickAll();
  }

  #tickAll(): void {
    for (let phase = 0; phase < CLOCK_PHASES; phase += 1) this.#tick(phase);
  }

  #tick(phase: number): void {
    const [exact, before] = [this.exact(), this.nowOf(phase)];
    if (exact >= before || before - exact > HELD_MS) this.#times[phase] = exact;
  }
}

export const clock = new ServerClock();
