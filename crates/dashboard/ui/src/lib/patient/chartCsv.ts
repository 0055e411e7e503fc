import { csv, type Cell } from '../format/csv';
import { vitalsIn, type Chart } from './chart';
import { deviceName } from './devices';
import { decimalsOf, type LimitsByVital } from '../vitals/catalog';

const PARTS = ['min', 'avg', 'max', 'count', 'doubted_min', 'doubted_max', 'doubted_count'];

/**
 * The displayed chart as CSV (RFC 4180): one line per bucket, times in UTC, empty cells without measurements.
 * Doubted values have columns of their own and are in no other. Values of several `devices` are averaged.
 */
export function chartCsv(patientId: string, chart: Chart, limits: LimitsByVital, devices: readonly (string | null)[]): string {
  const named = devices.map(deviceName).join('; ');
  const vitals = vitalsIn(chart);
  const columns = vitals.flatMap((vital) => PARTS.map((part) => `${vital}_${part}`));
  const lines: Cell[][] = [['patient_id', 'devices', 'bucket_start', 'bucket_start_ms', 'bucket_ms', ...columns]];
  chart.times.forEach((time, index) => {
    const row = chart.rows[index] ?? {};
    const cells = vitals.flatMap((vital): Cell[] => {
      const { accepted, doubted } = row[vital] ?? { accepted: null, doubted: null };
      const decimals = decimalsOf(vital, limits);
      return [
        ...(accepted ? [plain(accepted.min, decimals + 1), plain(accepted.avg, decimals + 2), plain(accepted.max, decimals + 1), accepted.count] : [null, null, null, 0]),
        ...(doubted ? [plain(doubted.min, 6), plain(doubted.max, 6), doubted.count] : [null, null, 0]),
      ];
    });
    lines.push([patientId, named, new Date(time).toISOString(), time, chart.bucketMs, ...cells]);
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
