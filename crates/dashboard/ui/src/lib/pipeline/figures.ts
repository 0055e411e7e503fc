import { count, number, span } from '../format/numbers';
import type { Archive } from '../wire/Archive';
import type { ServiceReport } from '../wire/ServiceReport';
import type { PipelineTrend } from '../wire/PipelineTrend';

type Figure = PipelineTrend['figure'];

/** A rate that is not zero is not shown as zero. */
function rate(value: number): string {
  if (value > 0 && value < 0.05) return '< 0.1 /s';
  return `${value < 10 ? number(value, 1) : count(value)} /s`;
}
const duration = (value: number): string => span(value);

/** Label and text of each figure, in the order of the data's way. */
export const FIGURES: Record<Figure, { label: string; hint: string; text: (value: number) => string }> = {
  produced: { label: 'Produced', hint: 'Messages that Kafka acknowledged to the producers, mean of 30 s', text: rate },
  readings: { label: 'Readings on the ward', hint: 'Readings that reach the dashboard', text: rate },
  newest_age: { label: 'Newest reading', hint: 'Age of the newest reading on the dashboard', text: duration },
  archived: { label: 'Archived', hint: 'Messages that the consumers commit to the lake, mean of 30 s', text: rate },
  lag: { label: 'Consumer lag', hint: 'Messages in Kafka that are not in the lake', text: count },
  lake_delay: { label: 'Kafka to lake', hint: 'Age of the oldest reading of the last commit', text: duration },
  spooled: { label: 'Spooled batches', hint: 'Batches on the consumers’ disks while the lake is away', text: count },
  predictions: { label: 'Predictions', hint: 'Predictions of the model server, mean of 30 s', text: rate },
};

export const FIGURE_KEYS = Object.keys(FIGURES) as Figure[];

/** The newest known value of a trend, unless the last point lacks it: an old value is not shown as the current one. */
export function current(trend: PipelineTrend | undefined): number | null {
  return trend?.values.at(-1) ?? null;
}

/** The lowest and the highest known value of a trend in words. */
export function extentText({ figure, values }: PipelineTrend): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'no values';
  const { text } = FIGURES[figure];
  return `${text(Math.min(...known))} to ${text(Math.max(...known))}`;
}

/** The line of a sparkline in a box of `width` and `height`: segments of SVG points, split where values are unknown. */
export function sparkSegments(times: readonly number[], values: readonly (number | null)[], width: number, height: number): string[] {
  const known = values.filter((value) => value !== null);
  const first = times[0] ?? 0;
  const length = Math.max(1, (times.at(-1) ?? first) - first);
  const low = Math.min(0, ...known);
  const high = Math.max(low + 1e-9, ...known);
  const segments: string[][] = [];
  let open = false;
  values.forEach((value, index) => {
    if (value === null) return void (open = false);
    if (!open) segments.push([]);
    open = true;
    const x = (((times[index] ?? first) - first) / length) * width;
    const y = height - ((value - low) / (high - low)) * height;
    segments.at(-1)?.push(`${x.toFixed(1)},${y.toFixed(1)}`);
  });
  // A single point is a dot: a short line with round ends.
  return segments.map((points) => (points.length === 1 ? [...points, ...points] : points).join(' '));
}

type Storage = NonNullable<Archive['storage']>;

/**
 * The share of the storage to which nothing can be written any more; null without a limit. Blocks that a
 * file system reserves, and the data of others, are neither used by the lake nor left to it.
 */
export function usedShare({ capacity_bytes, remaining_bytes }: Pick<Storage, 'capacity_bytes' | 'remaining_bytes'>): number | null {
  return capacity_bytes && remaining_bytes !== null ? 1 - remaining_bytes / capacity_bytes : null;
}

export type Health = 'ready' | 'unready' | 'down';

export function healthOf(service: ServiceReport): Health {
  if (service.health === 'down') return 'down';
  return service.ready ? 'ready' : 'unready';
}

export const HEALTH: Record<Health, { label: string; sign: string }> = {
  ready: { label: 'Ready', sign: '●' },
  unready: { label: 'Not ready', sign: '!' },
  down: { label: 'Down', sign: '✕' },
};

/** A number of bytes in the largest binary unit that fits. */
export function bytes(value: number | null): string {
  if (value === null) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = value;
  let unit = 0;
  while (size >= 1_024 && unit < units.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${number(size, unit === 0 || size >= 100 ? 0 : 1)} ${units[unit]}`;
}
