import { CLOCK_PHASES, PHASE_MS } from './clockPhase';
import { ClockSync } from './clockSync';
import { NOISE_MS } from './clockOffset';
import { localClock, localNow } from './localClock';
import { ProblemError } from '../http/problem';
import type { Range } from '../url/timeRange';

/** Difference of the clocks that the page points out: the device's own clock shows another time. */
const NOTABLE_MS = 2_000;

/** Longest wait for the first round trip before a request that needs the server's time. */
const MEASURED_MS = 15_000;

/** Largest step back that is held instead of shown: a clock that steps back looks broken. */
const HELD_MS = 2_000;

/** The server's time, updated once per second. */
class ServerClock {
  #offset = $state(0);
  #setBackMs = $state(0);
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

  /** Correction of the local clock (`localNow`). */
  get offset(): number {
    return this.#offset;
  }

  /** The difference of the clocks if it is notable: positive if this device's clock is behind. */
  readonly difference: number | null = $derived(notable(this.#offset + this.#setBackMs));

  /** Uses the server's time of an event: it bounds the offset until the first round trip. */
  synchronize(serverMs: number): void {
    this.#sync.estimate.addEvent(serverMs, localNow());
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
    return localNow() + this.#offset;
  }

  /**
   * The current time for a request of a range. A range that follows the time waits until the offset is measured:
   * the clock of the device may be wrong by any time. Throws a `ProblemError` if the dashboard does not respond.
   */
  async timeFor(range: Range): Promise<number> {
    if (range.kind === 'last' && !(await this.#sync.measured(MEASURED_MS))) {
      throw new ProblemError('The dashboard does not respond', 'Its clock is not known, and so the range is not either.', 0);
    }
    return this.exact();
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

  /** Notes by how much the device's own clock is behind the local one. */
  #readWall(): void {
    const setBackMs = localClock.setBackMs();
    if (Math.abs(setBackMs - this.#setBackMs) > NOISE_MS) this.#setBackMs = setBackMs;
  }

  #tick(phase: number): void {
    if (phase === 0) this.#readWall();
    const [exact, before] = [this.exact(), this.nowOf(phase)];
    if (exact >= before || before - exact > HELD_MS) this.#times[phase] = exact;
  }
}

const notable = (difference: number): number | null => (Math.abs(difference) >= NOTABLE_MS ? difference : null);

export const clock = new ServerClock();
