import type { PatientState } from '../wire/PatientState';
import type { TrendPoint } from '../wire/TrendPoint';

/** The values of a point in their order within a row. */
const COLUMNS = ['time_ms', 'heart_rate', 'pulse', 'spo2', 'systolic', 'respiratory_rate'] as const;
const WIDTH = COLUMNS.length;

/**
 * The points of a patient, oldest first, one row each; NaN without a value. The worker sends them to
 * the pages: numbers in a row are copied at once, but the objects of a thousand patients in one long
 * task.
 */
export type Rows = Float64Array;

/** The latest points of every patient. */
export class Trends {
  readonly #rows = new Map<string, Rows>();

  set(id: string, points: readonly TrendPoint[] | Rows): void {
    this.#rows.set(id, points instanceof Float64Array ? points : Float64Array.from(points.flatMap(toRow)));
  }

  of(id: string): TrendPoint[] {
    const rows = this.#rows.get(id) ?? new Float64Array();
    return Array.from({ length: rows.length / WIDTH }, (_, index) => toPoint(rows.subarray(index * WIDTH)));
  }

  /**
   * Appends the values measured at a changed state's own time that are not doubted, as a snapshot has them,
   * and keeps at most `maxPoints` points.
   */
  append(patient: PatientState, maxPoints: number): void {
    const rows = this.#rows.get(patient.patient_id) ?? new Float64Array();
    const lastMs = rows[rows.length - WIDTH] ?? -Infinity;
    if (patient.last_time_ms <= lastMs) return;
    const full = rows.length >= maxPoints * WIDTH;
    const longer = full ? rows.copyWithin(0, WIDTH) : grown(rows);
    longer.set(toRow(newPoint(patient, lastMs)), longer.length - WIDTH);
    this.#rows.set(patient.patient_id, longer);
  }

  /** A copy for a page. */
  copy(): Record<string, Rows> {
    return Object.fromEntries([...this.#rows].map(([id, rows]) => [id, rows.slice()]));
  }
}

function grown(rows: Rows): Rows {
  const longer = new Float64Array(rows.length + WIDTH);
  longer.set(rows);
  return longer;
}

function newPoint(patient: PatientState, lastMs: number): TrendPoint {
  const at = (name: 'heart_rate' | 'pulse' | 'spo2' | 'systolic' | 'respiratory_rate'): number | null => {
    const measured = patient.vitals[name];
    return measured && !measured.flagged && measured.time_ms > lastMs ? measured.value : null;
  };
  return {
    time_ms: patient.last_time_ms,
    heart_rate: at('heart_rate'),
    pulse: at('pulse'),
    spo2: at('spo2'),
    systolic: at('systolic'),
    respiratory_rate: at('respiratory_rate'),
  };
}

const toRow = (point: TrendPoint): number[] => COLUMNS.map((name) => point[name] ?? NaN);

function toPoint(row: Rows): TrendPoint {
  const value = (column: number): number | null => {
    const number = row[column] ?? NaN;
    return Number.isNaN(number) ? null : number;
  };
  return {
    time_ms: row[0] ?? 0,
    heart_rate: value(1),
    pulse: value(2),
    spo2: value(3),
    systolic: value(4),
    respiratory_rate: value(5),
  };
}
