import { expect, it } from 'vitest';
import { mergeChart, type LiveSamples } from './chart';
import { liveEdges } from './liveEdge';
import type { History } from '../wire/History';

/** Two devices with constant heart rates of 60 and 140, one of them with an SpO2. */
const history: History = {
  patient_id: 'p',
  from_ms: 0,
  to_ms: 30_000,
  bucket_ms: 10_000,
  time_ms: [0, 10_000],
  series: {
    heart_rate: { min: [60, 60], avg: [100, 100], max: [140, 140], count: [20, 4], doubted: null },
    spo2: { min: [97, 97], avg: [97, 97], max: [97, 97], count: [10, 2], doubted: null },
  },
  rows: 24,
  archived_up_to: { time_ms: 0, complete: true },
  device: null,
  devices: [
    { device_id: 'mon-1', readings: 12, values: { heart_rate: 12, spo2: 12 } },
    { device_id: 'mon-2', readings: 12, values: { heart_rate: 12 } },
  ],
};
const live = (...seconds: number[]): LiveSamples => ({
  heart_rate: seconds.map((second) => ({ time: second * 1_000, value: 140, doubted: false, device: 'mon-2' })),
  spo2: seconds.map((second) => ({ time: second * 1_000, value: 97, doubted: false, device: 'mon-1' })),
});
const edges = (samples: LiveSamples, known: History | null = history): unknown => liveEdges(known, mergeChart(known, samples, 0, 40_000, 4));

it('is where the average over several devices ends', () => {
  expect(mergeChart(history, live(21, 22), 0, 40_000, 4).rows.map((row) => row.heart_rate?.accepted?.avg)).toEqual([100, 100, 140]);
  expect(edges(live(21, 22))).toEqual({ heart_rate: 20_000 });
});

it('is in the last archived bucket if the live one has more values', () => {
  expect(edges(live(11, 12, 13, 14, 21))).toEqual({ heart_rate: 20_000 });
  expect(edges(live(11, 12, 13, 14, 15))).toEqual({ heart_rate: 10_000 });
});

it('is nowhere without live values, without a history, and for a single device', () => {
  expect([edges({}), edges(live(21), null), edges(live(21), { ...history, device: 'mon-2' })]).toEqual([{}, {}, {}]);
});
