/** Placeholder for a missing value. */
export const PLACEHOLDER = '–';

/** A number with fixed decimals and a typographic minus sign. */
export function number(value: number | null | undefined, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return PLACEHOLDER;
  const text = value.toFixed(decimals);
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

/** A number that always shows its sign. */
export function signed(value: number, decimals = 2): string {
  const text = number(value, decimals);
  return text.startsWith('−') || Number(value.toFixed(decimals)) === 0 ? text : `+${text}`;
}

export function percent(fraction: number, decimals = 1): string {
  return `${number(fraction * 100, decimals)} %`;
}

/** An age in the largest unit that fits, never negative. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A difference, rounded to the largest unit that fits: 7,199 s are 2 h. */
export function difference(ms: number): string {
  const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
  const size = Math.abs(ms);
  const unit = size < 59.5 * second ? second : size < 59.5 * minute ? minute : size < 47.5 * hour ? hour : day;
  return age(Math.round(size / unit) * unit);
}

/** An age in a sentence: `now`, or `5 s ago`. */
export function ago(ms: number): string {
  const text = age(ms);
  return text === 'now' ? text : `${text} ago`;
}

/** A compact age for tiles. */
export function shortAge(ms: number): string {
  return age(ms).replace('now', '0 s').replace(' min', 'm').replace(' ', '');
}

/** A duration for use in sentences. */
export function span(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ];
  for (const [size, unit] of units) {
    if (ms >= size) return `${Number((ms / size).toFixed(ms % size === 0 ? 0 : 1))} ${unit}`;
  }
  return `${Math.round(ms)} ms`;
}

export function count(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A latency in milliseconds, or in seconds from 10 s. */
export function latency(ms: number | null): string {
  if (ms === null) return PLACEHOLDER;
  return Math.abs(ms) < 10_000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} s`;
}
