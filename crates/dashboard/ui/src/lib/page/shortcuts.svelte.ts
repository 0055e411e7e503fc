import { untrack } from 'svelte';
import { settings } from './settings.svelte';

export type Shortcut = { key: string; label: string; run: () => void };

/** Keys that do something now: those of the frame, and those of the page that is open. */
class Shortcuts {
  #groups = $state.raw<{ title: string; keys: Shortcut[] }[]>([]);

  get groups(): { title: string; keys: Shortcut[] }[] {
    return this.#groups;
  }

  /** Adds keys until the returned function is called. */
  add(title: string, keys: Shortcut[]): () => void {
    const group = { title, keys };
    // Called from effects, which would otherwise run again for the very change they make.
    untrack(() => (this.#groups = [...this.#groups, group]));
    return () => untrack(() => (this.#groups = this.#groups.filter((other) => other !== group)));
  }

  start(): () => void {
    const press = (event: KeyboardEvent): void => {
      if (!settings.keys || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]')) return;
      const found = this.#groups.flatMap((group) => group.keys).find((shortcut) => shortcut.key === event.key);
      if (!found) return;
      event.preventDefault();
      found.run();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button'].includes(target.type);
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName);
}

export const shortcuts = new Shortcuts();
