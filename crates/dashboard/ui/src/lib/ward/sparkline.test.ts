import { expect, it } from 'vitest';
import { extent, polylines } from './sparkline';
import type { TrendPoint } from '../wire/TrendPoint';

const point = (time: number, rate: number | null): TrendPoint => ({ time_ms: time, heart_rate: rate, pulse: null, spo2: null, systolic: null, respiratory_rate: null });
const box = { left: 10, width: 100, height: 20 };

it('limits the scale of noise', () => {
  expect(extent([70, 72], 24)).toEqual({ low: 59, high: 83 });
  expect(extent([40, 140], 24)).toEqual({ low: 40, high: 140 });
  expect(extent([70], 24)).toEqual({ low: 58, high: 82 });
});

it('ends at the right edge and grows to the left', () => {
  const lines = polylines([point(1_000_000, 70), point(1_015_000, 70)], 'heart_rate', box, 24);
  expect(lines).toEqual([
    [
      [97.5, 10],
      [110, 10],
    ],
  ]);
});

it('breaks at gaps, and is empty without measurements', () => {
  const points = [point(0, 70), point(1_000, 71), point(60_000, null), point(119_000, 72), point(120_000, 73)];
  expect(polylines(points, 'heart_rate', box, 24).map((line) => line.length)).toEqual([2, 2]);
  expect(polylines(points, 'spo2', box, 6)).toEqual([]);
  expect(polylines([], 'heart_rate', box, 24)).toEqual([]);
});

it('has finite places for one point, for equal times and without room', () => {
  const points = [point(5, 70), point(5, 70)];
  for (const width of [0, 100]) {
    const places = polylines(points, 'heart_rate', { left: 0, width, height: 0 }, 24).flat(2);
    expect(places).toHaveLength(4);
    expect(places.every(Number.isFinite)).toBe(true);
  }
  expect(polylines([point(5, 70)], 'heart_rate', box, 24)).toEqual([[[110, 10]]]);
});
