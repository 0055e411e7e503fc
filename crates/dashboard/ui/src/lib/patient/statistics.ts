import type { Chart } from './chart';
import type { VitalName } from '../wire/VitalName';

/** Figures of the accepted values; null without any. The doubted values are only counted. */
export type Statistics = { count: number; doubted: number; min: number | null; mean: number | null; max: number | null };

/** Statistics of a vital over the whole chart. The mean is over readings, not over buckets. */
export function statistics(chart: Chart, vital: VitalName): Statistics | null {
  let count = 0;
  let doubted = 0;
  let sum = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const row of chart.rows) {
    const bucket = row[vital];
    doubted += bucket?.doubted?.count ?? 0;
    if (!bucket?.accepted) continue;
    count += bucket.accepted.count;
    sum += bucket.accepted.avg * bucket.accepted.count;
    min = Math.min(min, bucket.accepted.min);
    max = Math.max(max, bucket.accepted.max);
  }
  if (count > 0) return { count, doubted, min, mean: sum / count, max };
  return doubted > 0 ? { count, doubted, min: null, mean: null, max: null } : null;
}
