/** Number of announcements that stay in the page; a screen reader reads each when it is added. */
const KEPT = 50;

/** Announces sentences to screen readers. Each is an entry of its own, so that a repeated one is read again. */
class Announcer {
  #entries = $state.raw<{ key: number; text: string }[]>([]);
  #last = 0;

  get entries(): { key: number; text: string }[] {
    return this.#entries;
  }

  announce(sentences: readonly string[]): void {
    const added = sentences.map((text) => ({ key: (this.#last += 1), text }));
    if (added.length > 0) this.#entries = [...this.#entries, ...added].slice(-Math.max(KEPT, added.length));
  }
}

export const announcer = new Announcer();
