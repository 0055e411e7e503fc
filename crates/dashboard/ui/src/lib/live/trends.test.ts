import { describe, expect, it } from 'vitest';
import { Trends } from './trends';
import { measured, patient } from '../testing';
import type { PatientState } from '../wire/PatientState';

const at = (time: number, rate = 70): PatientState => patient('a', {}, { last_time_ms: time, vitals: { heart_rate: measured(rate, time) } });
const nothing = { heart_rate: null, pulse: null, spo2: null, systolic: null, respiratory_rate: null };

describe('trend', () => {
  it('grows by new values and stays bounded', () => {
    const trends = new Trends();
    for (let time = 1; time <= 500; time += 1) trends.append(at(time, time), 120);
    expect(trends.of('a')).toHaveLength(120);
    expect(trends.of('a').at(-1)).toEqual({ ...nothing, time_ms: 500, heart_rate: 500 });
  });

  it('contains each time once and does not repeat an old value as a new one', () => {
    const trends = new Trends();
    trends.append(at(5), 120);
    trends.append(at(5, 99), 120);
    trends.append({ ...at(5), last_time_ms: 6 }, 120);
    expect(trends.of('a').map((point) => [point.time_ms, point.heart_rate])).toEqual([[5, 70], [6, null]]);
  });

  it('has no doubted value, as the points of a snapshot', () => {
    const trends = new Trends();
    trends.append(patient('a', {}, { last_time_ms: 5, vitals: { heart_rate: { ...measured(8, 5), flagged: true }, spo2: measured(97, 5) } }), 120);
    expect(trends.of('a')).toEqual([{ ...nothing, time_ms: 5, spo2: 97 }]);
  });

  it('goes on from a copy, which later points leave alone', () => {
    const trends = new Trends();
    trends.append(at(1), 2);
    trends.append(at(2), 2);
    const copy = new Trends();
    for (const [id, rows] of Object.entries(trends.copy())) copy.set(id, rows);
    copy.append(at(3), 2);
    expect(copy.of('a').map((point) => point.time_ms)).toEqual([2, 3]);
    expect(trends.of('a').map((point) => point.time_ms)).toEqual([1, 2]);
  });

  it('is that of a snapshot', () => {
    const trends = new Trends();
    const points = [{ ...nothing, time_ms: 1, spo2: 97 }, { ...nothing, time_ms: 2, pulse: 61 }];
    trends.set('a', points);
    expect(trends.of('a')).toEqual(points);
    expect(trends.of('unknown')).toEqual([]);
  });
});
