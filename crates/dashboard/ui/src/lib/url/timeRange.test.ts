import { describe, expect, it } from 'vitest';
import { mergeQuery } from './query';
import { fixedRange, lastRange, MIN_SPAN_MS, pan, rangeQuery, readRange, zoom } from './timeRange';

const query = (text: string): URLSearchParams => new URLSearchParams(text);
const NOW = 1_763_812_800_000;

describe('time range', () => {
  it.each([
    ['', lastRange('15m')],
    ['range=7d', lastRange('7d')],
    ['range=nonsense', lastRange('15m')],
    ['from=1000000&to=2000000', { kind: 'fixed', from: 1_000_000, to: 2_000_000 }],
    ['from=2000000&to=1000000&range=1h', lastRange('1h')],
    ['from=-5&to=1e9', lastRange('15m')],
  ])('%s', (text, range) => expect(readRange(query(text))).toEqual(range));

  it.each([lastRange('15m'), lastRange('24h'), fixedRange(1_000_000, 9_000_000)])('is restored from the address: %j', (range) => {
    expect(readRange(query(mergeQuery('?range=6h&from=1&to=2&tz=utc', rangeQuery(range))))).toEqual(range);
  });

  it('has a minimum length', () => {
    expect(fixedRange(1_000_000, 1_000_001)).toEqual({ kind: 'fixed', from: 1_000_001 - MIN_SPAN_MS / 2, to: 1_000_001 + MIN_SPAN_MS / 2 });
  });

  it('pans back by half, and forward to the current time', () => {
    const back = pan(lastRange('1h'), -0.5, NOW);
    expect(back).toEqual({ kind: 'fixed', from: NOW - 5_400_000, to: NOW - 1_800_000 });
    expect(pan(back, 0.5, NOW)).toEqual(lastRange('1h'));
  });

  it('zooms towards the current time or around the middle, never into the future', () => {
    expect(zoom(lastRange('1h'), 0.5, NOW)).toEqual({ kind: 'fixed', from: NOW - 1_800_000, to: NOW });
    expect(zoom(fixedRange(1_000_000, 2_000_000), 0.5, NOW)).toEqual({ kind: 'fixed', from: 1_250_000, to: 1_750_000 });
    expect(zoom(fixedRange(NOW - 1_000_000, NOW), 2, NOW)).toMatchObject({ to: NOW });
  });

  it('keeps its length when it zooms in the future', () => {
    const future = fixedRange(NOW + 10_000_000, NOW + 12_000_000);
    expect(zoom(future, 2, NOW)).toEqual(fixedRange(NOW + 9_000_000, NOW + 12_000_000));
    expect(zoom(future, 0.5, NOW)).toEqual(fixedRange(NOW + 10_500_000, NOW + 11_500_000));
  });
});
