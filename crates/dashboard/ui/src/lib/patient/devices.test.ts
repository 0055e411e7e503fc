import { expect, it } from 'vitest';
import { deviceOf, devicesIn, severalDevices } from './devices';
import { measured, patient } from '../testing';
import type { History } from '../wire/History';
import type { HistoryDevice } from '../wire/HistoryDevice';

const device = (device_id: string | null, values: HistoryDevice['values']): HistoryDevice => ({ device_id, readings: 9_000, values });
const devices = [device(null, { spo2: 3 }), device('mon-1', { spo2: 8_640, heart_rate: 8_640 }), device('oxi-2', { spo2: 0, pulse: 5 })];
const history: History = { patient_id: 'p', from_ms: 0, to_ms: 1, bucket_ms: 1, time_ms: [], series: {}, rows: 0, device: null, devices, archived_up_to: { time_ms: null, complete: false } };

it('names the devices of a vital that several measured', () => {
  expect(severalDevices(devices)).toEqual(['SpO₂: a device without an id (3), mon-1 (8\u202f640)']);
  expect(severalDevices(devices.slice(1))).toEqual([]);
});

it('knows the devices behind the values', () => {
  expect(devicesIn(history)).toEqual(devices);
  expect(devicesIn({ ...history, device: 'mon-1' })).toEqual([devices[1]]);
});

it('knows the device of a live value', () => {
  const one = { device_id: 'mon-1', last_arrival_ms: 0, clock_offset_ms: null };
  const value = measured(72, 0);
  expect(deviceOf(patient('p', {}, { devices: [one] }), value)).toBe('mon-1');
  expect(deviceOf(patient('p', {}, { devices: [one, one] }), { ...value, device_id: 'oxi-2' })).toBe('oxi-2');
  expect(deviceOf(patient('p', {}, { devices: [one, one] }), value)).toBeNull();
});
