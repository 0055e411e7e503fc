import { CLOCK_PHASES, PHASE_MS } from './clockPhase';
import { ClockSync } from './clockSync';

/** Difference of the clocks that the page points out: the device's own clock shows another time. */
const NOTABLE_MS = 2_000;

/** Largest step back that is held instead of shown: a clock that steps back looks broken. */
const HELD_MS = 2_000;

/** The server's time, updated once per second. */
class ServerClock {
  #offset = $state(0);
  /** The time of each group. */
  readonly #times = $state<number[]>(Array.from({ length: CLOCK_PHASES }, () => Date.now()));
  /** Time up to which the groups are updated. */
  #tickedMs = Date.now();
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
    const timer = setInterval(() => this.#tickDue(), PHASE_MS);
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

  /** Updates the groups whose turn has come since the last call. */
  #tickDue(): void {
    this.#sync.check();
    const last = Math.floor(this.exact() / PHASE_MS);
    const before = Math.floor(this.#tickedMs / PHASE_MS);
    // A timer that is this late, or a corrected clock, has skipped every group.
    if (last < before || last - before >= CLOCK_PHASES) return this.#tickAll();
    for (let turn = before + 1; turn <= last; turn += 1) this.#tick(turn % CLOCK_PHASES);
    this.#tickedMs = this.exact();
  }

  #tickAll(): void {
    for (let phase = 0; phase < CLOCK_PHASES; phase += 1) this.#tick(phase);
    this.#tickedMs = this.exact();
  }

  #tick(phase: number): void {
    const [exact, before] = [this.exact(), this.nowOf(phase)];
    if (exact >= before || before - exact > HELD_MS) this.#times[phase] = exact;
  }
}

export const clock = new ServerClock();
