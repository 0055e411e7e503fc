export type Zone = 'local' | 'utc';

type Style = 'time' | 'minute' | 'day' | 'full';

const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { hour: '2-digit', minute: '2-digit' },
  day: { day: '2-digit', month: 'short' },
  full: { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' },
};

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(style: Style, zone: Zone): Intl.DateTimeFormat {
  const key = `${style}/${zone}`;
  let found = cache.get(key);
  if (!found) {
    const timeZone = zone === 'utc' ? { timeZone: 'UTC' } : {};
    found = new Intl.DateTimeFormat('en-GB', { ...STYLES[style], hourCycle: 'h23', ...timeZone });
    cache.set(key, found);
  }
  return found;
}

export const clockTime = (ms: number, zone: Zone): string => formatter('time', zone).format(ms);
export const minuteTime = (ms: number, zone: Zone): string => formatter('minute', zone).format(ms);
export const dayText = (ms: number, zone: Zone): string => formatter('day', zone).format(ms);
export const fullTime = (ms: number, zone: Zone): string => formatter('full', zone).format(ms);

/** Display name of the zone: `UTC`, or the browser's time zone. */
export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone || 'local time';
}

/** Labels of a time axis: seconds only for short steps, the day where it changes. */
export function axisLabels(splits: readonly number[], stepMs: number, zone: Zone): string[] {
  let lastDay = '';
  return splits.map((ms, index) => {
    const day = dayText(ms, zone);
    const newDay = day !== lastDay && index > 0;
    lastDay = day;
    if (stepMs >= 86_400_000) return day;
    if (newDay) return `${minuteTime(ms, zone)}\n${day}`;
    return stepMs < 60_000 ? clockTime(ms, zone) : minuteTime(ms, zone);
  });
}

/** Value of a `datetime-local` field, which has no zone, for a time displayed in `zone`. */
export function toFieldTime(ms: number, zone: Zone): string {
  const shifted = zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 16);
}

/** The time of a `datetime-local` field in `zone`, or null if the field is not filled in. */
export function fromFieldTime(text: string, zone: Zone): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return null;
  const ms = Date.parse(zone === 'utc' ? `${text}Z` : text);
  return Number.isNaN(ms) ? null : ms;
}
