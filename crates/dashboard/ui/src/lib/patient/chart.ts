import type { History } from '../wire/History';
import type { VitalName } from '../wire/VitalName';
import { VITAL_NAMES } from '../vitals/catalog';

/** Minimum, mean, maximum and number of the values in a time bucket. */
export type Bucket = { min: number; avg: number; max: number; count: number };

/** Buckets of equal length, with a row per bucket that has a measurement. */
export type Chart = {
  bucketMs: number;
  times: number[];
  rows: Partial<Record<VitalName, Bucket>>[];
};

export type Sample = { time: number; value: number };

/** Samples received since the page was opened, oldest first, bounded by `SAMPLES` per vital. */
export type LiveSamples = Partial<Record<VitalName, Sample[]>>;

/** 15 minutes of samples at the stream's four frames per second. */
export const SAMPLES = 3_600;

/** Appends a sample if it is newer than the last one. Returns true if it was appended. */
export function pushSample(samples: LiveSamples, vital: VitalName, sample: Sample): boolean {
  const list = (samples[vital] ??= []);
  const last = list.at(-1);
  if (last && sample.time <= last.time) return false;
  list.push(sample);
  // Trimmed in blocks: shifting the list for every sample would cost more than the memory is worth.
  if (list.length > SAMPLES + 200) list.splice(0, list.length - SAMPLES);
  return true;
}

/** Bucket length for about `points` buckets, used without a history. */
export function bucketFor(spanMs: number, points: number): number {
  return Math.max(1_000, Math.ceil(spanMs / points / 1_000) * 1_000);
}

/**
 * Merges history and live samples into a chart of the time from `from` to `to`.
 *
 * If both have a bucket, the one with more readings wins: the stored bucket may be incomplete, and
 * the live one starts when the page was opened.
 */
export function mergeChart(history: History | null, live: LiveSamples, from: number, to: number, points: number): Chart {
  const bucketMs = history && history.bucket_ms > 0 ? history.bucket_ms : bucketFor(to - from, points);
  const origin = history?.time_ms[0] ?? 0;
  const rows = new Map<number, Partial<Record<VitalName, Bucket>>>();
  const put = (time: number, vital: VitalName, bucket: Bucket): void => {
    if (time + bucketMs <= from || time > to) return;
    const row = rows.get(time) ?? {};
    const known = row[vital];
    if (!known || bucket.count > known.count) row[vital] = bucket;
    rows.set(time, row);
  };
  for (const vital of VITAL_NAMES) {
    if (history) eachStored(history, vital, put);
    for (const [time, bucket] of bucketSamples(live[vital] ?? [], bucketMs, origin)) put(time, vital, bucket);
  }
  const times = [...rows.keys()].sort((a, b) => a - b);
  return { bucketMs, times, rows: times.map((time) => rows.get(time) ?? {}) };
}

function eachStored(history: History, vital: VitalName, put: (time: number, vital: VitalName, bucket: Bucket) => void): void {
  const series = history.series[vital];
  if (!series) return;
  history.time_ms.forEach((time, index) => {
    const [min, avg, max] = [series.min[index], series.avg[index], series.max[index]];
    if (min == null || avg == null || max == null) return;
    put(time, vital, { min, avg, max, count: series.count[index] ?? 0 });
  });
}

/** Aggregates samples into buckets aligned to `origin`. */
export function bucketSamples(samples: readonly Sample[], bucketMs: number, origin: number): Map<number, Bucket> {
  const buckets = new Map<number, Bucket>();
  for (const { time, value } of samples) {
    const start = origin + Math.floor((time - origin) / bucketMs) * bucketMs;
    const bucket = buckets.get(start);
    if (!bucket) {
      buckets.set(start, { min: value, avg: value, max: value, count: 1 });
      continue;
    }
    bucket.min = Math.min(bucket.min, value);
    bucket.max = Math.max(bucket.max, value);
    bucket.avg += (value - bucket.avg) / ++bucket.count;
  }
  return buckets;
}

/**
 * The chart with an empty row in each gap, at which lines break. Only plots need the empty rows;
 * tables, statistics and files omit them.
 */
export function withGaps(chart: Chart): Chart {
  const gapped: Chart = { bucketMs: chart.bucketMs, times: [], rows: [] };
  chart.times.forEach((time, index) => {
    const before = chart.times[index - 1];
    if (before !== undefined && time - before > chart.bucketMs * 1.5) {
      gapped.times.push(before + chart.bucketMs);
      gapped.rows.push({});
    }
    gapped.times.push(time);
    gapped.rows.push(chart.rows[index] ?? {});
  });
  return gapped;
}

/** Vitals with at least one value in the chart. */
export function vitalsIn(chart: Chart): VitalName[] {
  return VITAL_NAMES.filter((vital) => chart.rows.some((row) => row[vital]));
}
