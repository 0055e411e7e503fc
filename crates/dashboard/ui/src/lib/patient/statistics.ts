import type { Chart } from './chart';
import type { VitalName } from '../wire/VitalName';

export type Statistics = { count: number; min: number; mean: number; max: number };

/** Statistics of a vital over the whole chart. The mean is over readings, not over buckets. */
export function statistics(chart: Chart, vital: VitalName): Statistics | null {
  let count = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const row of chart.rows) {
    const bucket = row[vital];
    if (!bucket) continue;
    count += bucket.count;
    sum += bucket.avg * bucket.count;
    min = Math.min(min, bucket.min);
    max = Math.max(max, bucket.max);
  }
  return count > 0 ? { count, min, mean: sum / count, max } : null;
}
