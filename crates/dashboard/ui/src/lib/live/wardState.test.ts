import { describe, expect, it } from 'vitest';
import { appendTrend, applySnapshot, applyUpdate, emptyLive, escalations, placeOf, TREND_POINTS } from './wardState';
import { patient, scored, unscored } from '../testing';
import type { PatientState } from '../wire/PatientState';
import type { TrendPoint } from '../wire/TrendPoint';

const at = (id: string, time: number, rate = 70): PatientState =>
  patient(id, {}, { last_time_ms: time, vitals: { heart_rate: { value: rate, time_ms: time, flagged: false } } });
const snapshot = (...patients: PatientState[]) => ({ server_time_ms: 0, newest_time_ms: 5, patients, trends: {} });
const update = (...patients: PatientState[]) => ({ server_time_ms: 0, newest_time_ms: 9, patients });

describe('live state', () => {
  it('takes a snapshot of the ward as the whole truth', () => {
    const state = applySnapshot(applySnapshot(emptyLive(), snapshot(at('old', 1)), true), snapshot(at('new', 2)), true);
    expect([...state.patients.keys()]).toEqual(['new']);
  });

  it('leaves the others alone when a snapshot is of one patient', () => {
    const state = applySnapshot(applySnapshot(emptyLive(), snapshot(at('a', 1)), true), snapshot(at('b', 2)), false);
    expect([...state.patients.keys()]).toEqual(['a', 'b']);
  });

  it('replaces those that changed, keeps the rest, and is a new object to be noticed', () => {
    const before = applySnapshot(emptyLive(), snapshot(at('a', 1), at('b', 1)), true);
    const b = before.patients.get('b');
    const after = applyUpdate(before, update(at('a', 2, 88)));
    expect(after).not.toBe(before);
    expect(after.patients.get('a')?.vitals.heart_rate?.value).toBe(88);
    expect(after.patients.get('b')).toBe(b);
    expect(after.newestMs).toBe(9);
  });
});

describe('trend', () => {
  it('grows by what is new and stays bounded', () => {
    const trend: TrendPoint[] = [];
    for (let time = 1; time <= 500; time += 1) appendTrend(trend, at('a', time, time));
    expect(trend).toHaveLength(TREND_POINTS);
    expect(trend.at(-1)).toMatchObject({ time_ms: 500, heart_rate: 500, spo2: null });
  });

  it('takes no time twice and does not repeat an old value as a new one', () => {
    const trend = appendTrend([], at('a', 5));
    appendTrend(trend, at('a', 5, 99));
    expect(trend).toHaveLength(1);
    const later = { ...at('a', 5), last_time_ms: 6 };
    expect(appendTrend(trend, later).at(-1)).toEqual({ time_ms: 6, heart_rate: null, spo2: null, systolic: null, respiratory_rate: null });
  });
});

describe('escalations', () => {
  const before = new Map([
    ['a', patient('a', scored(2))],
    ['b', patient('b', scored(8))],
    ['c', patient('c', unscored(7))],
  ]);

  it('speaks of whom somebody has to see now, and only once', () => {
    expect(escalations(before, [patient('a', scored(7))])).toEqual(['A3 · 1 a: NEWS2 7, high']);
    expect(escalations(before, [patient('b', scored(9))])).toEqual([]);
    expect(escalations(before, [patient('c', scored(8))])).toEqual([]);
    expect(escalations(before, [patient('a', scored(4)), patient('new', scored(9))])).toEqual([]);
  });
});

it('names a place as far as it is known', () => {
  const places = [['A3', '1'], ['A3', null], [null, '1'], [null, null]] as const;
  expect(places.map(([ward, bed]) => placeOf({ ward, bed }))).toEqual(['A3 · 1', 'A3', 'Bed 1', '']);
});
