import type { History } from '../wire/History';
import type { HistorySeries } from '../wire/HistorySeries';
import type { VitalName } from '../wire/VitalName';
import { asSent, VITAL_NAMES } from '../vitals/catalog';

/** Minimum, mean, maximum and number of values. */
export type Summary = { min: number; avg: number; max: number; count: number };

/** Minimum, maximum and number of doubted values: implausible or ambiguous, and not scored. */
export type Doubted = { min: number; max: number; count: number };

/** The values of a vital in a time bucket. The doubted ones are beside the others, not among them. */
export type Bucket = { accepted: Summary | null; doubted: Doubted | null };

/** Buckets of equal length, with a row per bucket that has a measurement. */
export type Chart = {
  bucketMs: number;
  times: number[];
  rows: Partial<Record<VitalName, Bucket>>[];
};

export type Sample = {
  time: number;
  value: number;
  doubted: boolean;
  /** Undefined for a point of a trend, whose device is not known. */
  device?: string | null;
};

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
 * The history has everything before its last bucket. A live sample from there was placed by a clock that
 * was not known yet, and is not drawn a second time. If both have the last bucket, the one with more values
 * wins: the stored one may be incomplete, and the live one starts when the page was opened.
 *
 * With a `device`, only live samples of that device count. An empty one stands for all.
 */
export function mergeChart(history: History | null, live: LiveSamples, from: number, to: number, points: number, device = ''): Chart {
  const bucketMs = history && history.bucket_ms > 0 ? history.bucket_ms : bucketFor(to - from, points);
  const origin = history?.time_ms[0] ?? 0;
  const lastStored = history?.time_ms.at(-1) ?? -Infinity;
  const rows = new Map<number, Partial<Record<VitalName, Bucket>>>();
  const put = (time: number, vital: VitalName, bucket: Bucket): void => {
    if (time + bucketMs <= from || time > to) return;
    const row = rows.get(time) ?? {};
    const known = row[vital];
    if (!known || sizeOf(bucket) > sizeOf(known)) row[vital] = bucket;
    rows.set(time, row);
  };
  for (const vital of VITAL_NAMES) {
    if (history) eachStored(history, vital, put);
    const samples = (live[vital] ?? []).filter((sample) => device === '' || sample.device === device);
    for (const [time, bucket] of bucketSamples(samples, bucketMs, origin)) {
      if (time >= lastStored) put(time, vital, bucket);
    }
  }
  const times = [...rows.keys()].sort((a, b) => a - b);
  return { bucketMs, times, rows: times.map((time) => rows.get(time) ?? {}) };
}

/** Number of values of a bucket. */
export const sizeOf = ({ accepted, doubted }: Bucket): number => (accepted?.count ?? 0) + (doubted?.count ?? 0);

function eachStored(history: History, vital: VitalName, put: (time: number, vital: VitalName, bucket: Bucket) => void): void {
  history.time_ms.forEach((time, index) => {
    const bucket = storedBucket(history, vital, index);
    if (bucket) put(time, vital, bucket);
  });
}

/** A bucket of the history; null without a value. */
export function storedBucket(history: History, vital: VitalName, index: number): Bucket | null {
  const series = history.series[vital];
  if (!series) return null;
  const [min, avg, max, count] = [series.min[index], series.avg[index], series.max[index], series.count[index] ?? 0];
  const accepted = min == null || avg == null || max == null ? null : { min, avg, max, count };
  const doubted = storedDoubts(series, index);
  return accepted || doubted ? { accepted, doubted } : null;
}

function storedDoubts({ doubted }: HistorySeries, index: number): Doubted | null {
  const [min, max, count] = [doubted?.min[index], doubted?.max[index], doubted?.count[index] ?? 0];
  return min == null || max == null ? null : { min, max, count };
}

/** Aggregates samples into buckets aligned to `origin`. */
export function bucketSamples(samples: readonly Sample[], bucketMs: number, origin: number): Map<number, Bucket> {
  const buckets = new Map<number, Bucket>();
  for (const { time, value, doubted } of samples) {
    const start = origin + Math.floor((time - origin) / bucketMs) * bucketMs;
    const bucket = buckets.get(start) ?? { accepted: null, doubted: null };
    buckets.set(start, bucket);
    if (doubted) bucket.doubted = withDoubted(bucket.doubted, value);
    else bucket.accepted = withValue(bucket.accepted, value);
  }
  return buckets;
}

function withValue(known: Summary | null, value: number): Summary {
  if (!known) return { min: value, avg: value, max: value, count: 1 };
  const count = known.count + 1;
  return { min: Math.min(known.min, value), avg: known.avg + (value - known.avg) / count, max: Math.max(known.max, value), count };
}

function withDoubted(known: Doubted | null, value: number): Doubted {
  if (!known) return { min: value, max: value, count: 1 };
  return { min: Math.min(known.min, value), max: Math.max(known.max, value), count: known.count + 1 };
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

/** Doubted values as text, with the mark that a tile has: `check 8–12`. */
export function doubtedText({ min, max }: Doubted): string {
  return `check ${min === max ? asSent(min) : `${asSent(min)}–${asSent(max)}`}`;
}

/** Returns true if the chart has a doubted value. */
export function hasDoubts(chart: Chart): boolean {
  return chart.rows.some((row) => Object.values(row).some((bucket) => bucket.doubted));
}

/** Vitals with at least one value in the chart, accepted or doubted. */
export function vitalsIn(chart: Chart): VitalName[] {
  return VITAL_NAMES.filter((vital) => chart.rows.some((row) => row[vital]));
}
