import { printing } from './printing.svelte';
import { router } from '../url/router.svelte';
import type { Zone } from '../format/time';

export type Theme = 'auto' | 'light' | 'dark';

const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** The user's preferences in this browser. The time zone is also in the address, so that links carry it. */
class Settings {
  #theme = $state<Theme>(THEMES.find((theme) => theme === read('theme')) ?? 'auto');
  #zone = $state<Zone>(read('zone') === 'utc' ? 'utc' : 'local');
  #keys = $state(read('keys') !== 'off');
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  readonly zone: Zone = $derived(zoneOf(router.query.get('tz')) ?? this.#zone);
  /** The displayed theme; charts read their colours again when it changes. */
  readonly shown: 'light' | 'dark' = $derived(
    printing.active ? 'light' : this.#theme === 'auto' ? (this.#systemDark ? 'dark' : 'light') : this.#theme,
  );

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    write('theme', theme);
  }

  setZone(zone: Zone): void {
    this.#zone = zone;
    write('zone', zone);
    router.set({ tz: zone === 'utc' ? 'utc' : '' }, 'replace');
  }

  /** Single-key shortcuts; switched off for input methods that produce stray letters, such as speech. */
  get keys(): boolean {
    return this.#keys;
  }

  set keys(on: boolean) {
    this.#keys = on;
    write('keys', on ? 'on' : 'off');
  }

  nextTheme(): void {
    this.theme = THEMES[(THEMES.indexOf(this.#theme) + 1) % THEMES.length] ?? 'auto';
  }

  start(): () => void {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => void (this.#systemDark = media.matches);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }
}

function zoneOf(text: string | null): Zone | null {
  return text === 'utc' || text === 'local' ? text : null;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(`vitals.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`vitals.${key}`, value);
  } catch {
    // Storage may be blocked: the preference then lasts as long as the page.
  }
}

export const settings = new Settings();
