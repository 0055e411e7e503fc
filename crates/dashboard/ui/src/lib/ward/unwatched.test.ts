import { expect, it } from 'vitest';
import { patient } from '../testing';
import type { AlarmState } from '../wire/AlarmState';
import { alarmsKnownMs, lastKnownText, unwatchedOf } from './unwatched';

const at = (unwatched_since_ms: number | null, last_arrival_ms = 0) => patient('p', {}, { unwatched_since_ms, last_arrival_ms });

it('counts the patients whom no watch judges, since the first of them', () => {
  expect([unwatchedOf([]), unwatchedOf([at(null)])]).toEqual([null, null]);
  expect(unwatchedOf([at(null, 200_000), at(9), at(7)])).toEqual({ count: 2, sinceMs: 7, stoppedMs: null });
  expect(unwatchedOf([at(0)])).toEqual({ count: 1, sinceMs: 0, stoppedMs: 0 });
});

it('takes the alarms of a silent patient for last known ones if nothing proves that a watch runs', () => {
  const silent = at(null, 5_000);
  const ill = at(6_000, 200_000);
  const stopped = unwatchedOf([silent, ill, at(7_000, 200_000)]);
  expect([alarmsKnownMs(silent, stopped), alarmsKnownMs(ill, stopped)]).toEqual([7_000, 6_000]);
  const partly = unwatchedOf([silent, ill, at(null, 200_000)]);
  expect([alarmsKnownMs(silent, partly), alarmsKnownMs(ill, partly)]).toEqual([null, 6_000]);
  expect(alarmsKnownMs(silent, null)).toBeNull();
});

it('takes no reading for a proof that a watch runs', () => {
  // The watch stopped at 100 s. It had published the states of some patients 30 s before: these are behind first.
  for (let now = 160_001; now <= 190_000; now += 1_000) {
    expect(unwatchedOf([at(70_000, now), at(null, now)])?.stoppedMs, `${now}`).toBe(70_000);
  }
});

it('takes a state that the watch has published since for a proof that it runs', () => {
  const judged = (as_of_ms: number) => ({ ...at(null, 200_000), alarms: [{ as_of_ms } as AlarmState] });
  expect(unwatchedOf([at(70_000), judged(100_000)])?.stoppedMs).toBe(70_000);
  expect(unwatchedOf([at(70_000), judged(150_000)])?.stoppedMs).toBeNull();
});

it('dates the alarms of a watch that is down', () => {
  expect(lastKnownText(null, 90_000, 'utc')).toBe('');
  expect(lastKnownText(60_000, 86_000_000, 'utc')).toBe('last known at 00:01');
  expect(lastKnownText(60_000, 86_500_000, 'utc')).toBe('last known at 01 Jan, 00:01');
});
