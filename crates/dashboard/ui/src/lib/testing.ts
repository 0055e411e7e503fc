import type { Measured } from './wire/Measured';
import type { News2State } from './wire/News2State';
import type { PatientState } from './wire/PatientState';

/** A patient for tests: complete set, normal values, on ward A3. */
export function patient(id: string, news2: Partial<News2State> = {}, rest: Partial<PatientState> = {}): PatientState {
  return {
    patient_id: id,
    ward: 'A3',
    bed: '1',
    vitals: {},
    supplemental_oxygen: false,
    consciousness: 'A',
    news2: { total: 0, partial: 0, band: 'low', rank: { band: news2.band ?? 'low', basis: 'inputs', as_of_ms: null }, not_applicable: null, parts: [], ...news2 },
    spo2_prescription: null,
    limits: null,
    alarms: [],
    unwatched_since_ms: null,
    conditions: [],
    devices: [],
    last_device: 0,
    last_time_ms: 0,
    last_arrival_ms: 0,
    readings: 1,
    ...rest,
  };
}

/** A value that arrived when it was measured. */
export const measured = (value: number, timeMs: number): Measured => ({
  value,
  time_ms: timeMs,
  arrival_ms: timeMs,
  flagged: false,
  device_id: null,
});

const reached = (points: number): NonNullable<News2State['band']> => (points >= 7 ? 'high' : points >= 5 ? 'medium' : 'low');

export const scored = (total: number): Partial<News2State> => ({ total, partial: total, band: reached(total) });

/** An incomplete score with a lower bound. */
export const unscored = (partial: number): Partial<News2State> => ({ total: null, partial, band: reached(partial) });

/** An incomplete score whose rank rests on expired inputs. */
export const held = (partial: number, band: NonNullable<News2State['band']>, asOfMs = 1_000): Partial<News2State> => ({
  ...unscored(partial),
  rank: { band, basis: 'inputs', as_of_ms: asOfMs },
});
