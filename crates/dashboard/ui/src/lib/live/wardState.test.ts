import { describe, expect, it } from 'vitest';
import { applySnapshot, applyUpdate, emptyWard, isSilent, locationOf } from './wardState';
import { measured, patient } from '../testing';
import type { PatientState } from '../wire/PatientState';

const settings = { heartbeat_ms: 5_000, trend_points: 120, patient_silent_after_ms: 15_000 };
const at = (id: string, time: number, rate = 70): PatientState =>
  patient(id, {}, { last_time_ms: time, last_arrival_ms: time, vitals: { heart_rate: measured(rate, time) } });
const snapshot = (...patients: PatientState[]) => ({ server_time_ms: 0, newest_arrival_ms: 5, watch_stopped_ms: null, settings, patients, trends: {} });
const update = (...patients: PatientState[]) => ({ server_time_ms: 0, newest_arrival_ms: 9, watch_stopped_ms: 7, patients });

describe('ward state', () => {
  it('is that of the snapshot', () => {
    const state = applySnapshot(snapshot(at('new', 2)));
    expect([...state.patients.keys()]).toEqual(['new']);
  });

  it('replaces changed patients, keeps the others, and is a new object so that the change is detected', () => {
    const before = applySnapshot(snapshot(at('a', 1), at('b', 1)));
    const b = before.patients.get('b');
    const after = applyUpdate(before, update(at('a', 2, 88)));
    expect(after).not.toBe(before);
    expect(after.patients.get('a')?.vitals.heart_rate?.value).toBe(88);
    expect(after.patients.get('b')).toBe(b);
    expect(after.newestMs).toBe(9);
    expect([before.watchStoppedMs, after.watchStoppedMs]).toEqual([null, 7]);
  });

  it('ignores an update before the first snapshot', () => {
    const state = emptyWard();
    expect(applyUpdate(state, update(at('a', 1)))).toBe(state);
    expect(state.patients.size).toBe(0);
  });

  it('takes the time until a patient is silent from the snapshot', () => {
    const state = applySnapshot(snapshot(at('a', 1_000)));
    expect([16_000, 16_001].map((now) => isSilent(state, at('a', 1_000), now))).toEqual([false, true]);
  });
});

it('shows the known parts of a location', () => {
  const locations = [['A3', '1'], ['A3', null], [null, '1'], [null, null]] as const;
  expect(locations.map(([ward, bed]) => locationOf({ ward, bed }))).toEqual(['A3 · 1', 'A3', 'Bed 1', '']);
});
