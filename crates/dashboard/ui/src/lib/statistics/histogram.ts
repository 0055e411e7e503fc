import type { VitalStatistics } from '../wire/VitalStatistics';

export type Distribution = NonNullable<VitalStatistics['distribution']>;

/** The values from `from` up to, not including, `to`. */
export type Bin = { from: number; to: number; count: number };

/** A histogram of at most `max` bins of equal width: whole multiples of the distance of two values. */
export function binsOf(distribution: Distribution, max: number): Bin[] {
  const { first, step, counts } = distribution;
  const width = Math.ceil(counts.length / max);
  const bins: Bin[] = [];
  for (let index = 0; index < counts.length; index += width) {
    const count = counts.slice(index, index + width).reduce((sum, one) => sum + one, 0);
    // Half a step below: a value is the middle of what was rounded to it.
    bins.push({ from: first + (index - 0.5) * step, to: first + (index + width - 0.5) * step, count });
  }
  return bins;
}
