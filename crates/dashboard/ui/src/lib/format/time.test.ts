import { expect, it } from 'vitest';
import { axisLabels, clockTime, fromFieldTime, fullTime, toFieldTime } from './time';

const NOON = Date.UTC(2025, 10, 22, 12, 0, 5);
const DAY = 86_400_000;

it('uses the 24-hour clock', () => {
  expect(clockTime(NOON, 'utc')).toBe('12:00:05');
  expect(clockTime(NOON + DAY / 2, 'utc')).toBe('00:00:05');
  expect(fullTime(NOON, 'utc')).toBe('22 Nov, 12:00:05');
});

it('labels an axis according to its step, with the day where it changes', () => {
  expect(axisLabels([NOON, NOON + 10_000], 10_000, 'utc')).toEqual(['12:00:05', '12:00:15']);
  expect(axisLabels([NOON, NOON + DAY / 2], DAY / 2, 'utc')).toEqual(['12:00', '00:00\n23 Nov']);
  expect(axisLabels([NOON, NOON + DAY], DAY, 'utc')).toEqual(['22 Nov', '23 Nov']);
});

it.each(['utc', 'local'] as const)('a field restores its time: %s', (zone) => {
  const minute = NOON - 5_000;
  expect(fromFieldTime(toFieldTime(minute, zone), zone)).toBe(minute);
});

it('reads an empty field as null', () => expect([fromFieldTime('', 'utc'), fromFieldTime('2025', 'utc')]).toEqual([null, null]));
