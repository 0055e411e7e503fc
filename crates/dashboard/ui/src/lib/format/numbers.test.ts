import { describe, expect, it } from 'vitest';
import { age, ago, count, difference, latency, number, percent, plural, shortAge, signed, span } from './numbers';

describe('numbers', () => {
  it.each([
    [72.4, 0, '72'],
    [36.75, 1, '36.8'],
    [-0.87, 2, '−0.87'],
    [-0.001, 2, '0.00'],
    [Number.NaN, 0, '–'],
    [null, 0, '–'],
  ])('%s with %d decimals is %s', (value, decimals, text) => expect(number(value, decimals)).toBe(text));

  it.each([
    [1.654, '+1.65'],
    [-0.13, '−0.13'],
    [0.001, '0.00'],
  ])('%d is signed as %s', (value, text) => expect(signed(value)).toBe(text));

  it('formats counts, plurals and percentages', () => {
    expect(count(1_234_567)).toBe('1\u202f234\u202f567');
    expect(plural(1, 'reading')).toBe('1 reading');
    expect(plural(0, 'reading')).toBe('0 readings');
    expect(percent(0.8732)).toBe('87.3 %');
  });
});

describe('times', () => {
  it.each([
    [-50, 'now'],
    [999, 'now'],
    [1_000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [172_800_000, '2 d'],
  ])('an age of %d ms is %s', (ms, text) => expect(age(ms)).toBe(text));

  it.each([
    [-239_600, '4 min'],
    [59_400, '59 s'],
    [59_500, '1 min'],
    [3_569_000, '59 min'],
    [3_570_000, '1 h'],
    [-7_199_000, '2 h'],
    [172_799_000, '2 d'],
  ])('a difference of %d ms is %s', (ms, text) => expect(difference(ms)).toBe(text));

  it('is compact in a tile', () => expect([shortAge(240_000), shortAge(12_000)]).toEqual(['4m', '12s']));

  it.each([
    [500, '500 ms'],
    [2_000, '2 s'],
    [144_000, '2.4 min'],
    [86_400_000, '1 d'],
  ])('a duration of %d ms is %s', (ms, text) => expect(span(ms)).toBe(text));

  it('dates the present as now', () => {
    expect([ago(0), ago(999), ago(1_000), ago(7_200_000)]).toEqual(['now', 'now', '1 s ago', '2 h ago']);
  });

  it('shows latencies in ms, or in s from 10 s', () => {
    expect([latency(null), latency(42.4), latency(-15), latency(65_000)]).toEqual(['–', '42 ms', '−15 ms', '65.0 s']);
  });
});
