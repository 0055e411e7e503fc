export type Zone = 'local' | 'utc';

type Style = 'time' | 'minute' | 'day' | 'date' | 'full' | 'dated';

const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { hour: '2-digit', minute: '2-digit' },
  day: { day: '2-digit', month: 'short' },
  date: { day: '2-digit', month: 'short', year: 'numeric' },
  full: { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  dated: { day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
};

const DAY_MS = 86_400_000;

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

/** The end of the year 9999. A message may carry any number, and formatting one that is no date throws. */
const END_MS = 253_402_300_800_000;

const isDate = (ms: number): boolean => Math.abs(ms) <= END_MS;
const format = (style: Style, ms: number, zone: Zone): string =>
  isDate(ms) ? formatter(style, zone).format(ms) : '–';

export const clockTime = (ms: number, zone: Zone): string => format('time', ms, zone);
export const minuteTime = (ms: number, zone: Zone): string => format('minute', ms, zone);
export const dayText = (ms: number, zone: Zone): string => format('day', ms, zone);

const yearOf = (ms: number, zone: Zone): number => (zone === 'utc' ? new Date(ms).getUTCFullYear() : new Date(ms).getFullYear());

/** The day, with its year if that is not the year of `nowMs`. */
const dayOfYear = (ms: number, nowMs: number, zone: Zone): string =>
  format(yearOf(ms, zone) === yearOf(nowMs, zone) ? 'day' : 'date', ms, zone);

/** Hour and minute, after the day if that is not the day of `nowMs`. */
export function shortTime(ms: number, nowMs: number, zone: Zone): string {
  const day = dayOfYear(ms, nowMs, zone);
  return day === dayText(nowMs, zone) ? minuteTime(ms, zone) : `${day}, ${minuteTime(ms, zone)}`;
}

/** Day and time, with the year if that is not the present one. In an hour that comes twice the offset tells the two apart. */
export function fullTime(ms: number, zone: Zone): string {
  const text = format(yearOf(ms, zone) === yearOf(Date.now(), zone) ? 'full' : 'dated', ms, zone);
  return zone === 'local' && isDate(ms) && isRepeated(ms) ? `${text} ${offsetText(ms, zone)}` : text;
}

/** A period with its days; the day of the end only if it is another one. */
export function periodText(fromMs: number, toMs: number, zone: Zone): string {
  const [from, to] = [fullTime(fromMs, zone), fullTime(toMs, zone)];
  const day = `${dayOfYear(fromMs, Date.now(), zone)}, `;
  const isSameDay = toMs - fromMs < DAY_MS && to.startsWith(day);
  return `${from} – ${isSameDay ? to.slice(day.length) : to}`;
}

/** The offset of a zone at a time: `UTC+02:00`. */
export function offsetText(ms: number, zone: Zone): string {
  const minutes = zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const digits = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

/** Offsets, in ms, of the local zone around a time: two where the clocks change. */
function offsetsAround(ms: number): number[] {
  const around = [ms - DAY_MS, ms, ms + DAY_MS].map((at) => new Date(at).getTimezoneOffset() * 60_000);
  return [...new Set(around)];
}

/** Returns true if the local clock shows the same time at another moment. */
function isRepeated(ms: number): boolean {
  return offsetsAround(ms).length > 1 && timesOf(toFieldTime(ms, 'local'), 'local').length > 1;
}

/** Display name of the zone: `UTC`, or the browser's time zone. */
export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone || 'local time';
}

/** Display name of the zone with its offset at a time: `Europe/Berlin (UTC+02:00)`. */
export function zoneText(ms: number, zone: Zone): string {
  const [name, offset] = [zoneName(zone), offsetText(ms, zone)];
  return name === offset ? name : `${name} (${offset})`;
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

/** Value of a `datetime-local` field, to the second and without a zone, for a time displayed in `zone`. */
export function toFieldTime(ms: number, zone: Zone): string {
  const shifted = zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 19);
}

/**
 * The times at which a clock in `zone` shows the text of a `datetime-local` field: none if the clocks skip
 * it or it is not filled in, two in an hour that comes twice.
 */
export function timesOf(text: string, zone: Zone): number[] {
  const full = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? `${text}:00` : text;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(full)) return [];
  const utc = Date.parse(`${full}Z`);
  if (Number.isNaN(utc)) return [];
  if (zone === 'utc') return [utc];
  const shown = full.slice(0, 19);
  const times = offsetsAround(utc).map((offset) => utc + offset);
  return times.filter((ms) => toFieldTime(ms, zone) === shown).sort((a, b) => a - b);
}
