import { untrack } from 'svelte';
import { settings } from './settings.svelte';

export type Shortcut = { key: string; label: string; run: () => void };

/** The active keyboard shortcuts: those of the frame, and those of the current page. */
class Shortcuts {
  #groups = $state.raw<{ title: string; keys: Shortcut[] }[]>([]);

  get groups(): { title: string; keys: Shortcut[] }[] {
    return this.#groups;
  }

  /** Registers shortcuts; the returned function removes them. */
  add(title: string, keys: Shortcut[]): () => void {
    const group = { title, keys };
    // Untracked: called from effects, which must not run again for their own change.
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
