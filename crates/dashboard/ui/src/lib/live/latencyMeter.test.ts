import { expect, it } from 'vitest';
import { LatencyMeter } from './latencyMeter';
import { patient, scored } from '../testing';
import type { PatientState } from '../wire/PatientState';

const device = (offset: number | null) => ({ device_id: 'mon-1', last_arrival_ms: 0, clock_offset_ms: offset });
const reading = (timeMs: number, offset: number | null = null): PatientState =>
  patient('a', scored(0), { last_time_ms: timeMs, last_arrival_ms: timeMs, devices: [device(offset)] });

it('leaves out readings that waited for a frozen page', () => {
  const meter = new LatencyMeter();
  expect(meter.turn(0)).toBe(false);
  meter.add([reading(0)], 60);
  expect(meter.turn(1_000)).toBe(false);
  expect(meter.turn(91_000)).toBe(true);
  for (let second = 2; second < 91; second += 1) meter.add([reading(second * 1_000)], 91_010);
  meter.add([reading(91_040)], 91_100);
  expect(meter.read(91_100)).toMatchObject({ p50: 60, p95: 60 });
});

it('leaves out devices with a wrong clock', () => {
  const meter = new LatencyMeter();
  meter.add([reading(0, 20_000)], 50);
  expect(meter.read(50)).toEqual({ p50: null, p95: null, worst: null });
});
