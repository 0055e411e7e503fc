/** Time for which a latency counts. */
const WINDOW_MS = 30_000;

export type Worst = { device: string; ms: number };

/** The device whose readings take longest from the bedside to the page. */
export class WorstDevice {
  readonly #last = new Map<string, { ms: number; atMs: number }>();

  /** Adds a reading. Of the readings of a device, the slowest of the last 30 s counts. */
  add(device: string, ms: number, nowMs: number): void {
    const known = this.#last.get(device);
    if (known && known.ms > ms && nowMs - known.atMs <= WINDOW_MS) return;
    this.#last.set(device, { ms, atMs: nowMs });
  }

  worst(nowMs: number): Worst | null {
    let worst: Worst | null = null;
    for (const [device, { ms, atMs }] of this.#last) {
      if (nowMs - atMs > WINDOW_MS) this.#last.delete(device);
      else if (worst === null || ms > worst.ms) worst = { device, ms };
    }
    return worst;
  }

  clear(): void {
    this.#last.clear();
  }
}
