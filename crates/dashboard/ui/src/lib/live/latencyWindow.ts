/** A ring buffer of the last latencies from bedside to pixel. */
export class LatencyWindow {
  readonly #samples: Float64Array;
  #next = 0;
  #size = 0;

  constructor(capacity = 1_000) {
    this.#samples = new Float64Array(capacity);
  }

  add(ms: number): void {
    this.#samples[this.#next] = ms;
    this.#next = (this.#next + 1) % this.#samples.length;
    this.#size = Math.min(this.#size + 1, this.#samples.length);
  }

  clear(): void {
    this.#size = 0;
    this.#next = 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Nearest-rank quantile; null without samples. */
  quantile(q: number): number | null {
    if (this.#size === 0) return null;
    const sorted = this.#samples.slice(0, this.#size).sort();
    return sorted[Math.max(0, Math.ceil(q * this.#size) - 1)] ?? null;
  }
}
