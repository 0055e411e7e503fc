/** Age up to which a sample counts: clocks drift. */
const WINDOW_MS = 600_000;

/** Difference of the advances of local clock and monotonic clock that is a jump of the local clock. */
const JUMP_MS = 500;

/** Error of the estimate that is noise of the network. */
export const NOISE_MS = 50;

/** Longest round trip that the network accounts for. The rest is time for which a proxy held back the response. */
export const NETWORK_MS = 1_000;

type Sample = { offset: number; roundTrip: number; atMs: number };

/**
 * The offset of the local clock to the server's: server = local + offset.
 *
 * Half of a round trip bounds the error of its sample, so the fastest one of the last minutes counts. Of a
 * slow one the later time counts: values must not look younger than they are.
 * An event of the stream can be late by any time, but never early: it only raises the offset.
 */
export class ClockOffset {
  #samples: Sample[] = [];
  #fromEvents = -Infinity;
  #offset: number | null = null;
  #startMs: number | null = null;

  /** The estimate; null before the first sample. */
  get offset(): number | null {
    return this.#offset;
  }

  /** True while a round trip has measured the offset; events only bound it. */
  get measured(): boolean {
    return this.#samples.length > 0;
  }

  /** Adds a round trip: local times of request and response, and the server's time in between. */
  addRoundTrip(sentMs: number, serverMs: number, receivedMs: number): void {
    const roundTrip = Math.max(0, receivedMs - sentMs);
    this.#samples = this.#samples.filter((sample) => receivedMs - sample.atMs <= WINDOW_MS);
    this.#samples.push({ offset: serverMs - sentMs - Math.min(roundTrip, NETWORK_MS) / 2, roundTrip, atMs: receivedMs });
    // Recent events may raise the next estimate again; older ones may be from before a change.
    this.#fromEvents = -Infinity;
    this.#update();
  }

  /** Adds an event that carries the server's time. */
  addEvent(serverMs: number, localMs: number): void {
    this.#fromEvents = Math.max(this.#fromEvents, serverMs - localMs);
    this.#update();
  }

  /**
   * Compares the local clock with the monotonic one. Returns true if the local clock jumped, because the wall
   * clock was set forward or the computer slept: older samples no longer count.
   */
  jumped(localMs: number, monotonicMs: number): boolean {
    const startMs = localMs - monotonicMs;
    const moved = this.#startMs !== null && Math.abs(startMs - this.#startMs) > JUMP_MS;
    if (moved) {
      this.#samples = [];
      this.#fromEvents = -Infinity;
    }
    if (moved || this.#startMs === null) this.#startMs = startMs;
    return moved;
  }

  #update(): void {
    let best: Sample | undefined;
    for (const sample of this.#samples) if (!best || sample.roundTrip <= best.roundTrip) best = sample;
    const estimate = Math.max(best?.offset ?? -Infinity, this.#fromEvents);
    // A small change would only make the displayed clock jump.
    if (this.#offset === null || Math.abs(estimate - this.#offset) > NOISE_MS) this.#offset = estimate;
  }
}
