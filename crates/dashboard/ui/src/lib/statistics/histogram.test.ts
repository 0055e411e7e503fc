import { describe, expect, it } from 'vitest';
import { binsOf, type Distribution } from './histogram';

const distribution = (first: number, step: number, counts: number[]): Distribution => ({
  count: counts.reduce((sum, one) => sum + one, 0), mean: 0, min: 0, p5: 0, p25: 0, median: 0, p75: 0, p95: 0, max: 0, first, step, counts,
});

describe('histogram', () => {
  it('has a bin per value if there is room', () => {
    expect(binsOf(distribution(60, 1, [2, 0, 1]), 3)).toEqual([
      { from: 59.5, to: 60.5, count: 2 },
      { from: 60.5, to: 61.5, count: 0 },
      { from: 61.5, to: 62.5, count: 1 },
    ]);
  });

  it('has no bins without counts, and one for a single value', () => {
    expect(binsOf(distribution(60, 1, []), 3)).toEqual([]);
    expect(binsOf(distribution(60, 1, [4]), 3)).toEqual([{ from: 59.5, to: 60.5, count: 4 }]);
  });

  it('merges neighbours into bins of equal width and loses no value', () => {
    const bins = binsOf(distribution(60, 1, [1, 2, 3, 4, 5, 6, 7]), 3);
    expect(bins.map((bin) => bin.count)).toEqual([6, 15, 7]);
    expect(bins.map((bin) => bin.to - bin.from)).toEqual([3, 3, 3]);
    const [only] = binsOf(distribution(37.2, 0.1, [4]), 40);
    expect([only?.from.toFixed(2), only?.to.toFixed(2), only?.count]).toEqual(['37.15', '37.25', 4]);
  });
});
