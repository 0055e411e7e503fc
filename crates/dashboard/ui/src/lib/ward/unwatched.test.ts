import { expect, it } from 'vitest';
import { patient } from '../testing';
import type { PatientState } from '../wire/PatientState';
import { alarmsKnownMs, lastKnownText, sameUnwatched, unwatchedOf } from './unwatched';

const at = (unwatched_since_ms: number | null) => patient('p', {}, { unwatched_since_ms });
const of = (patients: PatientState[], watchStoppedMs: number | null) =>
  unwatchedOf({ patients: new Map(patients.map((one, index) => [`${index}`, one])), watchStoppedMs });

it('counts the patients whom no watch judges, since the first of them', () => {
  expect([of([], null), of([at(null)], 5)]).toEqual([null, null]);
  expect(of([at(null), at(9), at(7)], null)).toEqual({ count: 2, sinceMs: 7, stoppedMs: null });
  expect(of([at(0)], 0)).toEqual({ count: 1, sinceMs: 0, stoppedMs: 0 });
});

it('takes the alarms of a silent patient for last known ones if the watch has stopped', () => {
  const [silent, ill] = [at(null), at(6_000)];
  const stopped = of([silent, ill, at(7_000)], 7_500);
  expect([alarmsKnownMs(silent, stopped), alarmsKnownMs(ill, stopped)]).toEqual([7_500, 6_000]);
  const partly = of([silent, ill], null);
  expect([alarmsKnownMs(silent, partly), alarmsKnownMs(ill, partly)]).toEqual([null, 6_000]);
  expect(alarmsKnownMs(silent, null)).toBeNull();
});

it('is the same if nothing of it changed', () => {
  const one = of([at(9), at(7)], null);
  expect([sameUnwatched(null, null), sameUnwatched(one, of([at(7), at(8)], null))]).toEqual([true, true]);
  const others = [null, of([at(7)], null), of([at(9), at(6)], null), of([at(9), at(7)], 5)];
  expect(others.map((other) => sameUnwatched(one, other) || sameUnwatched(other, one))).toEqual([false, false, false, false]);
});

it('dates the alarms of a watch that is down', () => {
  expect(lastKnownText(null, 90_000, 'utc')).toBe('');
  expect(lastKnownText(60_000, 86_000_000, 'utc')).toBe('last known at 00:01');
  expect(lastKnownText(60_000, 86_500_000, 'utc')).toBe('last known at 01 Jan, 00:01');
});
