import { vitalsIn, type Chart } from './chart';
import { decimalsOf, type LimitsByVital } from '../vitals/catalog';

/** The displayed chart as CSV (RFC 4180): one line per bucket, times in UTC, empty cells without measurements. */
export function chartCsv(chart: Chart, limits: LimitsByVital): string {
  const vitals = vitalsIn(chart);
  const columns = vitals.flatMap((vital) => ['min', 'avg', 'max', 'count'].map((part) => `${vital}_${part}`));
  const lines = [['bucket_start', 'bucket_start_ms', 'bucket_ms', ...columns].join(',')];
  chart.times.forEach((time, index) => {
    const row = chart.rows[index] ?? {};
    const cells = vitals.flatMap((vital) => {
      const bucket = row[vital];
      if (!bucket) return ['', '', '', '0'];
      const decimals = decimalsOf(vital, limits);
      return [
        plain(bucket.min, decimals + 1),
        plain(bucket.avg, decimals + 2),
        plain(bucket.max, decimals + 1),
        String(bucket.count),
      ];
    });
    lines.push([new Date(time).toISOString(), String(time), String(chart.bucketMs), ...cells].join(','));
  });
  return `${lines.join('\r\n')}\r\n`;
}

function plain(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}

/** A file name that is valid on every file system. */
export function csvName(patient: string, from: number, to: number): string {
  const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${patient.replaceAll(/[^\w.-]+/g, '_')}_${stamp(from)}Z_${stamp(to)}Z.csv`;
}
