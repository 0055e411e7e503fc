import { router } from '../url/router.svelte';
import type { Zone } from '../format/time';

export type Theme = 'auto' | 'light' | 'dark';

const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** What a person chose for this browser. The zone is in the address as well, so that a link carries it. */
class Settings {
  #theme = $state<Theme>(THEMES.find((theme) => theme === read('theme')) ?? 'auto');
  #zone = $state<Zone>(read('zone') === 'utc' ? 'utc' : 'local');
  #keys = $state(read('keys') !== 'off');
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  readonly zone: Zone = $derived(zoneOf(router.query.get('tz')) ?? this.#zone);
  /** What is on the screen now; charts take their colours anew when it changes. */
  readonly shown: 'light' | 'dark' = $derived(
    this.#theme === 'auto' ? (this.#systemDark ? 'dark' : 'light') : this.#theme,
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

  /** Single keys as shortcuts; can be switched off for people whose input produces stray letters. */
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
    // Storage may be blocked; the choice then lasts as long as the page.
  }
}

export const settings = new Settings();
