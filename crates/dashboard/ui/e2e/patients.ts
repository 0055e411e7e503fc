import { measured, patient, scored } from '../src/lib/testing';
import type { News2Part } from '../src/lib/wire/News2Part';
import type { PatientState } from '../src/lib/wire/PatientState';

const PARTS: readonly [News2Part['name'], News2Part['vital']][] = [
  ['respiratory_rate', 'respiratory_rate'],
  ['spo2', 'spo2'],
  ['air_or_oxygen', null],
  ['systolic', 'systolic'],
  ['pulse', 'heart_rate'],
  ['consciousness', null],
  ['temperature', 'temperature'],
];

/** A patient with fresh values, a total, and scores of single parts. */
export function inBed(bed: number, total: number, nowMs: number, scores: Partial<Record<News2Part['name'], number>> = {}): PatientState {
  const parts = PARTS.map(([name, vital]) => ({ name, vital, score: scores[name] ?? 0, time_ms: nowMs }));
  const at = (value: number) => measured(value, nowMs);
  const device = { device_id: `mon-${bed}`, last_arrival_ms: nowMs, clock_offset_ms: null };
  return patient(
    `p-${bed}`,
    { ...scored(total), parts },
    {
      bed: String(bed),
      vitals: { heart_rate: at(72), spo2: at(97), respiratory_rate: at(16), systolic: at(121), diastolic: at(79), temperature: at(36.8) },
      devices: [device],
      last_time_ms: nowMs,
      last_arrival_ms: nowMs,
    },
  );
}

/** A ward of calm patients in the beds 1 to `count`. */
export function ward(count: number, nowMs: number): PatientState[] {
  return Array.from({ length: count }, (_, index) => inBed(index + 1, index % 4, nowMs));
}
