import { csv, type Cell } from '../format/csv';
import type { Statistics } from '../wire/Statistics';

/** Statistics as CSV (RFC 4180): a line per figure, times in UTC, durations in ms. */
export function statisticsCsv(statistics: Statistics): string {
  const lines: Cell[][] = [['section', 'item', 'detail', 'device', 'figure', 'value'], ...summary(statistics)];
  for (const bucket of statistics.rate) lines.push(['rate', utc(bucket.time_ms), null, null, 'readings', bucket.readings]);
  for (const { band, duration_ms } of statistics.bands) lines.push(['band', band, null, null, 'duration_ms', duration_ms]);
  for (const { vital, completeness, doubted, distribution } of statistics.vitals) {
    lines.push(['vital', vital, null, null, 'completeness', completeness], ['vital', vital, null, null, 'doubted', doubted]);
    if (!distribution) continue;
    const { counts, first, step, ...figures } = distribution;
    for (const [figure, value] of Object.entries(figures)) lines.push(['vital', vital, null, null, figure, plain(value)]);
    counts.forEach((count, index) => {
      if (count > 0) lines.push(['histogram', vital, plain(first + index * step), null, 'count', count]);
    });
  }
  for (const { field, reason, device_id, count } of statistics.refused) lines.push(['refused', field, reason, device_id, 'count', count]);
  for (const { reason, device_id, count } of statistics.rejected) lines.push(['rejected', null, reason, device_id, 'count', count]);
  return csv(lines);
}

function summary(statistics: Statistics): Cell[][] {
  const figures: [string, Cell][] = [
    ['source', statistics.source],
    ['ward', statistics.ward],
    ['from', utc(statistics.from_ms)],
    ['to', utc(statistics.to_ms)],
    ['archived_up_to', utc(statistics.archived_up_to?.time_ms ?? null)],
    ['patients', statistics.patients],
    ['readings', statistics.readings],
    ['readings_per_minute', statistics.readings_per_minute === null ? null : plain(statistics.readings_per_minute)],
    ['monitored_ms', statistics.monitored_ms],
    ['refused_fields', statistics.refused_total],
    ['rejected_messages', statistics.rejected_total],
  ];
  return figures.map(([figure, value]) => ['summary', null, null, null, figure, value]);
}

const utc = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Six decimals at most: without the noise of binary fractions. */
const plain = (value: number): number => Number(value.toFixed(6));
