/** Time after the pointer's last movement for which it counts as pointing: a mouse left on the desk holds nothing. */
const POINTING_MS = 60_000;

/** Holds the order of the tiles while one is pointed at or focused. */
export class OrderHold {
  #pointing: ReturnType<typeof setTimeout> | undefined;
  #focused = false;

  constructor(private readonly changed: (held: boolean) => void) {}

  point(): void {
    clearTimeout(this.#pointing);
    this.#pointing = setTimeout(() => this.leave(), POINTING_MS);
    this.changed(true);
  }

  leave(): void {
    clearTimeout(this.#pointing);
    this.#pointing = undefined;
    this.changed(this.#focused);
  }

  focus(focused: boolean): void {
    this.#focused = focused;
    this.changed(focused || this.#pointing !== undefined);
  }

  stop(): void {
    clearTimeout(this.#pointing);
    this.changed(false);
  }
}
