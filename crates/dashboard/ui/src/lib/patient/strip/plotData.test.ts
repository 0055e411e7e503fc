import { describe, expect, it } from 'vitest';
import { limitsByVital } from '../../vitals/catalog';
import type { Limits } from '../../wire/Limits';
import { CHANNELS } from './channels';
import { columns, valueRange } from './plotData';
import { drawnLimits, linesOf, spread } from './limitLines';

const limit = (low: number | null, high: number | null): Limits => ({
  vital: 'spo2',
  label: '',
  unit: '',
  low,
  high,
  plausible_min: 30,
  plausible_max: 100,
  decimals: 0,
});

describe('strip columns', () => {
  it('are at the middle of their bucket, five per vital', () => {
    const pressure = CHANNELS.find((channel) => channel.id === 'blood_pressure');
    const systolic = { accepted: { min: 110, avg: 120, max: 130, count: 4 }, doubted: null };
    const diastolic = { accepted: null, doubted: { min: 4, max: 8, count: 2 } };
    const chart = { bucketMs: 10, times: [0, 10], rows: [{ systolic }, { diastolic }] };
    const none = [null, null];
    expect(pressure && columns(chart, pressure)).toEqual([
      [5, 15],
      ...[[110, null], [120, null], [130, null], none, none],
      ...[none, none, none, [null, 4], [null, 8]],
    ]);
  });
});

it('draws the limits of the patient, and none for a patient who may be a child', () => {
  const known = limitsByVital([limit(90, null), { ...limit(50, 120), vital: 'heart_rate' }]);
  const texts = (patient: Parameters<typeof drawnLimits>[0]): string[] =>
    Object.values(drawnLimits(patient, known)).flatMap((one) => linesOf(one, false).map(({ text }) => text));
  expect(texts({ limits: { spo2: { low: 86, high: 93 } } })).toEqual(['> 120', '< 50', '> 93', '< 86']);
  expect(texts({ limits: null })).toEqual(['> 120', '< 50', '< 90']);
  expect(texts(undefined)).toEqual([]);
  expect([drawnLimits(undefined, known).spo2?.plausible_max, drawnLimits({ limits: null }, {})]).toEqual([100, {}]);
});

it('spreads overlapping limit labels in their order', () => {
  expect(spread([50, 10, 12], 13)).toEqual([50, 10, 23]);
  expect(spread([30, 29], 13)).toEqual([42, 29]);
});

describe('value axis', () => {
  it('includes every value and the limits nearby', () => {
    const [low, high] = valueRange(92, 97, [limit(90, null)], 12);
    expect(low).toBeLessThanOrEqual(90);
    expect(high).toBeGreaterThanOrEqual(97);
  });

  it('is stable under small changes', () => {
    expect(valueRange(71, 78, [limit(50, 120)], 40)).toEqual(valueRange(72, 77, [limit(50, 120)], 40));
  });

  it('excludes distant limits but no value', () => {
    expect(valueRange(70, 75, [limit(null, 300)], 20)[1]).toBeLessThan(150);
    const [low, high] = valueRange(20, 104, [limit(90, null)], 12);
    expect([low <= 20, high >= 104]).toEqual([true, true]);
  });

  it.each([72, 0, -5, 100, 36.6, 1_000])('has a span around the single value %d, with limits and without', (value) => {
    for (const limits of [[], [limit(90, null)], [limit(null, null)]]) {
      const [low, high] = valueRange(value, value, limits, 40);
      expect([low <= value, high >= value, high - low >= 10], `${low} to ${high}`).toEqual([true, true, true]);
    }
  });

  it.each(CHANNELS)('has a span for every value of $label, with every kind of limits', ({ minSpan }) => {
    const kinds = [[], [limit(null, null)], [limit(90, null)], [limit(null, 90)], [limit(50, 120)], [limit(90, 90)]];
    for (const limits of kinds) {
      for (let value = -20; value <= 420; value += 0.5) {
        const [low, high] = valueRange(value, value, limits, minSpan);
        if (!(low <= value && high >= value && high > low)) expect.fail(`${value}: ${low} to ${high}`);
      }
    }
  });

  it('leaves room for the ring of a value that is not plausible', () => {
    const [low, high] = valueRange(8, 104, [limit(90, null)], 40);
    expect([low, high]).toEqual([3, 109]);
  });

  it('has a default without measurements', () => {
    expect(valueRange(null, null, [], 40)).toEqual([0, 40]);
    const [low, high] = valueRange(null, null, [limit(90, null)], 12);
    expect(high).toBeGreaterThan(low);
  });
});
