import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { axisLabels, clockTime, fullTime, offsetText, periodText, shortTime, timesOf, toFieldTime, zoneText } from './time';

const NOON = Date.UTC(2025, 10, 22, 12, 0, 5);
const DAY = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
});

it('uses the 24-hour clock', () => {
  expect(clockTime(NOON, 'utc')).toBe('12:00:05');
  expect(clockTime(NOON + DAY / 2, 'utc')).toBe('00:00:05');
  expect(fullTime(NOON, 'utc')).toBe('22 Nov, 12:00:05');
});

it('shows a dash for a time that is no date', () => {
  for (const ms of [9_223_372_036_854_775_807, -9_223_372_036_854_775_808, 8.64e15, 253_402_300_800_001, Number.NaN]) {
    for (const zone of ['utc', 'local'] as const) {
      expect([clockTime(ms, zone), fullTime(ms, zone)]).toEqual(['–', '–']);
    }
  }
  expect(clockTime(0, 'utc')).toBe('00:00:00');
});

it('labels an axis according to its step, with the day where it changes', () => {
  expect(axisLabels([NOON, NOON + 10_000], 10_000, 'utc')).toEqual(['12:00:05', '12:00:15']);
  expect(axisLabels([NOON, NOON + DAY / 2], DAY / 2, 'utc')).toEqual(['12:00', '00:00\n23 Nov']);
  expect(axisLabels([NOON, NOON + DAY], DAY, 'utc')).toEqual(['22 Nov', '23 Nov']);
});

it('names the day of an end only if it is another one', () => {
  expect(periodText(NOON, NOON + 60_000, 'utc')).toBe('22 Nov, 12:00:05 – 12:01:05');
  expect(periodText(NOON, NOON + DAY, 'utc')).toBe('22 Nov, 12:00:05 – 23 Nov, 12:00:05');
  expect(periodText(NOON, NOON + 365 * DAY, 'utc')).toBe('22 Nov, 12:00:05 – 22 Nov 2026, 12:00:05');
  expect(periodText(NOON - 365 * DAY, NOON - 365 * DAY + 60_000, 'utc')).toBe('22 Nov 2024, 12:00:05 – 12:01:05');
});

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  vi.useRealTimers();
});

it.each([
  ['Europe/Berlin', '2026-10-25T02:30:15', 2],
  ['Europe/Berlin', '2026-10-25T01:59:59', 1],
  ['Europe/Berlin', '2026-10-25T03:00:00', 1],
  ['Europe/Berlin', '2026-03-29T02:30:00', 0],
  ['America/New_York', '2026-11-01T01:30:00', 2],
  ['Australia/Lord_Howe', '2026-04-05T01:45:00', 2],
  ['Australia/Lord_Howe', '2026-04-05T01:15:00', 1],
  ['Asia/Kolkata', '2026-10-25T02:30:00', 1],
])('in %s a clock shows %s so many times: %d', (name, text, count) => {
  process.env['TZ'] = name;
  const times = timesOf(text, 'local');
  expect(times).toHaveLength(count);
  for (const ms of times) expect(toFieldTime(ms, 'local')).toBe(text);
  expect(timesOf(text, 'utc')).toHaveLength(1);
});

it('shows the offset where it tells two times apart', () => {
  vi.setSystemTime(Date.UTC(2026, 5, 1));
  process.env['TZ'] = 'Europe/Berlin';
  const [first = 0, second = 0] = timesOf('2026-10-25T02:30:00', 'local');
  expect(second - first).toBe(3_600_000);
  expect([fullTime(first, 'local'), fullTime(second, 'local')]).toEqual(['25 Oct, 02:30:00 UTC+02:00', '25 Oct, 02:30:00 UTC+01:00']);
  expect(fullTime(second + 1_800_000, 'local')).toBe('25 Oct, 03:00:00');
  expect(fullTime(first, 'utc')).toBe('25 Oct, 00:30:00');
  process.env['TZ'] = 'America/St_Johns';
  expect([offsetText(Date.UTC(2026, 0, 1), 'local'), offsetText(0, 'utc')]).toEqual(['UTC−03:30', 'UTC']);
});

it('reads seconds, and nothing from an empty field', () => {
  expect(timesOf('2025-11-22T12:00:05', 'utc')).toEqual([NOON]);
  expect(timesOf('2025-11-22T12:00', 'utc')).toEqual([NOON - 5_000]);
  expect([timesOf('', 'utc'), timesOf('2025', 'local'), timesOf('2025-02-31T99:00:00', 'utc')]).toEqual([[], [], []]);
});

it('names the year of another year, which depends on the zone', () => {
  vi.setSystemTime(Date.UTC(2025, 11, 31, 23, 30));
  process.env['TZ'] = 'Europe/Berlin';
  const newYear = Date.UTC(2025, 11, 31, 23, 0);
  expect([fullTime(newYear, 'local'), fullTime(newYear, 'utc')]).toEqual(['01 Jan, 00:00:00', '31 Dec, 23:00:00']);
  expect(fullTime(newYear - 1_000, 'local')).toBe('31 Dec 2025, 23:59:59');
  expect(fullTime(Date.UTC(2180, 0, 2), 'utc')).toBe('02 Jan 2180, 00:00:00');
  expect(shortTime(NOON - 365 * DAY, NOON, 'utc')).toBe('22 Nov 2024, 12:00');
});

it('leaves out the day of today', () => {
  expect(shortTime(0, 86_399_999, 'utc')).toBe('00:00');
  expect(shortTime(86_399_999, 86_400_000, 'utc')).toBe('01 Jan, 23:59');
});

it('names a zone and its offset once', () => {
  expect(zoneText(0, 'utc')).toBe('UTC');
  expect(zoneText(0, 'local')).toMatch(/^UTC$|^.+ \(UTC.*\)$/);
  expect(zoneText(0, 'local')).not.toBe('UTC (UTC)');
});
