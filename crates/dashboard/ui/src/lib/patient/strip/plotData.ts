import type { AlignedData } from 'uplot';
import type { Chart } from '../chart';
import type { Limits } from '../../wire/Limits';
import type { Channel } from './channels';

/** Number of columns of a vital. */
export const COLUMNS = 5;

/**
 * Columns for uPlot: time, then of each vital minimum, mean and maximum, and the lowest and highest doubted
 * value. A bucket is drawn at its middle.
 */
export function columns(chart: Chart, channel: Channel): AlignedData {
  const times = chart.times.map((time) => time + chart.bucketMs / 2);
  const values = channel.vitals.flatMap(({ vital }) => [
    chart.rows.map((row) => row[vital]?.accepted?.min ?? null),
    chart.rows.map((row) => row[vital]?.accepted?.avg ?? null),
    chart.rows.map((row) => row[vital]?.accepted?.max ?? null),
    chart.rows.map((row) => row[vital]?.doubted?.min ?? null),
    chart.rows.map((row) => row[vital]?.doubted?.max ?? null),
  ]);
  return [times, ...values];
}

/**
 * Range of the value axis: all measurements, and the limits near them. It changes in steps, so that
 * the scale does not move with every value.
 */
export function valueRange(
  low: number | null,
  high: number | null,
  limits: readonly Limits[],
  minSpan: number,
): [number, number] {
  const known = [low, high].filter((value): value is number => value !== null);
  const bounds = limits.flatMap((limit) => [limit.low, limit.high]).filter((value): value is number => value !== null);
  if (known.length === 0 && bounds.length === 0) return [0, minSpan];
  const middle = known.length > 0 ? known : bounds;
  let bottom = Math.min(...middle);
  let top = Math.max(...middle);
  for (const bound of bounds) {
    if (bound > bottom - minSpan && bound < top + minSpan) {
      bottom = Math.min(bottom, bound);
      top = Math.max(top, bound);
    }
  }
  const slack = Math.max(0, minSpan - (top - bottom)) / 2;
  const step = minSpan / 4;
  const floor = Math.floor((bottom - slack - step / 2) / step) * step;
  const ceiling = Math.ceil((top + slack + step / 2) / step) * step;
  // Values can come before the limits. The axis must have a span even then: uPlot never ends otherwise.
  if (limits.length === 0) return [floor, ceiling];
  const plausibleMin = Math.min(...limits.map((limit) => limit.plausible_min));
  const plausibleMax = Math.max(...limits.map((limit) => limit.plausible_max));
  // A doubted value may be beyond the plausible ones. Its ring is not cut off.
  return [Math.max(floor, Math.min(plausibleMin, bottom - step / 2)), Math.min(ceiling, Math.max(plausibleMax, top) + step / 2)];
}
