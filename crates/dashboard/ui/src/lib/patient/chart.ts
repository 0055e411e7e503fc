import type { History } from '../wire/History';
import type { VitalName } from '../wire/VitalName';
import { VITAL_NAMES } from '../vitals/catalog';

/** What was measured in one stretch of time. */
export type Bucket = { min: number; avg: number; max: number; count: number };

/** Buckets of equal length; a row per bucket in which anything was measured. */
export type Chart = {
  bucketMs: number;
  times: number[];
  rows: Partial<Record<VitalName, Bucket>>[];
};

export type Sample = { time: number; value: number };

/** Samples that came in while the page was open, oldest first, at most `SAMPLES` per vital. */
export type LiveSamples = Partial<Record<VitalName, Sample[]>>;

/** A quarter of an hour at the stream's four a second. */
export const SAMPLES = 3_600;

/** Adds a sample unless it is not newer than the last one; says whether it was added. */
export function pushSample(samples: LiveSamples, vital: VitalName, sample: Sample): boolean {
  const list = (samples[vital] ??= []);
  const last = list.at(-1);
  if (last && sample.time <= last.time) return false;
  list.push(sample);
  // Trimmed in blocks, because moving the whole list for every sample would cost more than it saves.
  if (list.length > SAMPLES + 200) list.splice(0, list.length - SAMPLES);
  return true;
}

/** The length of a bucket that gives about `points` of them, when no history says otherwise. */
export function bucketFor(spanMs: number, points: number): number {
  return Math.max(1_000, Math.ceil(spanMs / points / 1_000) * 1_000);
}

/**
 * History and live samples as one chart, for the time from `from` to `to`.
 *
 * Where both know a bucket, the one that saw more readings is right: the stored one may not be
 * complete yet, and the live one began when the page was opened.
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

/** Samples gathered into buckets that lie on the same grid as `origin`. */
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
 * The same chart with an empty row wherever buckets are missing, for a line to break at.
 * Tables, figures and files have no use for rows in which nothing was measured.
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

/** Vitals that the chart has anything of. */
export function vitalsIn(chart: Chart): VitalName[] {
  return VITAL_NAMES.filter((vital) => chart.rows.some((row) => row[vital]));
}
