import { flushSync } from 'svelte';

/** True while the page is laid out for paper: it then renders everything, at once, in black on white. */
class Printing {
  #active = $state(false);

  get active(): boolean {
    return this.#active;
  }

  start(): () => void {
    const media = matchMedia('print');
    const begin = (): void => this.#set(true);
    const end = (): void => this.#set(false);
    const follow = (): void => this.#set(media.matches);
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', end);
    media.addEventListener('change', follow);
    return () => {
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', end);
      media.removeEventListener('change', follow);
    };
  }

  /** The browser lays the page out when the event's handlers return, so the page is rendered within them. */
  #set(active: boolean): void {
    this.#active = active;
    flushSync();
  }
}

export const printing = new Printing();
