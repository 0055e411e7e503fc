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
    news2: { total: 0, partial: 0, band: 'low', parts: [], ...news2 },
    last_time_ms: 0,
    readings: 1,
    ...rest,
  };
}

export const scored = (total: number): Partial<News2State> => ({
  total,
  partial: total,
  band: total >= 7 ? 'high' : total >= 5 ? 'medium' : 'low',
});

export const unscored = (partial: number): Partial<News2State> => ({ total: null, partial, band: null });
