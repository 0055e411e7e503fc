import { csv, type Cell } from '../format/csv';
import { vitalsIn, type Chart } from './chart';
import { decimalsOf, type LimitsByVital } from '../vitals/catalog';

/** The displayed chart as CSV (RFC 4180): one line per bucket, times in UTC, empty cells without measurements. */
export function chartCsv(patientId: string, chart: Chart, limits: LimitsByVital): string {
  const vitals = vitalsIn(chart);
  const columns = vitals.flatMap((vital) => ['min', 'avg', 'max', 'count'].map((part) => `${vital}_${part}`));
  const lines: Cell[][] = [['patient_id', 'bucket_start', 'bucket_start_ms', 'bucket_ms', ...columns]];
  chart.times.forEach((time, index) => {
    const row = chart.rows[index] ?? {};
    const cells = vitals.flatMap((vital): Cell[] => {
      const bucket = row[vital];
      if (!bucket) return [null, null, null, 0];
      const decimals = decimalsOf(vital, limits);
      return [plain(bucket.min, decimals + 1), plain(bucket.avg, decimals + 2), plain(bucket.max, decimals + 1), bucket.count];
    });
    lines.push([patientId, new Date(time).toISOString(), time, chart.bucketMs, ...cells]);
  });
  return csv(lines);
}

function plain(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

/** A file name that is valid on every file system. Letters of any script stay: two patients have two names. */
export function csvName(patient: string, from: number, to: number): string {
  const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${patient.replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')}_${stamp(from)}Z_${stamp(to)}Z.csv`;
}
