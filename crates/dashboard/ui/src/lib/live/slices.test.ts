import { describe, expect, it } from 'vitest';
import { isLast, sliced, slicedSnapshot, SnapshotJoiner } from './slices';
import { patient } from '../testing';
import type { PatientState } from '../wire/PatientState';
import type { Snapshot } from './wardState';

const ward = (count: number): PatientState[] => Array.from({ length: count }, (_, number) => patient(`p-${number}`));
const settings = { heartbeat_ms: 5_000, trend_points: 120, patient_silent_after_ms: 15_000 };
const snapshot = (count: number): Snapshot => ({
  server_time_ms: count,
  newest_arrival_ms: 5,
  watch_stopped_ms: null,
  settings,
  patients: ward(count),
  trends: Object.fromEntries(ward(count).map(({ patient_id: id }, number) => [id, Float64Array.of(number)])),
});

it('has every patient once, in slices of at most 50, and one slice without patients', () => {
  const slices = sliced(ward(120));
  expect(slices.map(({ part }) => part.length)).toEqual([50, 50, 20]);
  expect(slices.flatMap(({ part }) => part.map((one) => one.patient_id))).toEqual(ward(120).map((one) => one.patient_id));
  expect(slices.map(({ slice }) => isLast(slice))).toEqual([false, false, true]);
  expect(sliced([]).map(({ part, slice }) => [part.length, isLast(slice)])).toEqual([[0, true]]);
});

describe('a joined snapshot', () => {
  it('is the one that was cut, and complete only with its last slice', () => {
    const joiner = new SnapshotJoiner();
    const joined = slicedSnapshot(snapshot(120)).map(({ part, slice }) => joiner.add(part, slice));
    expect(joined.slice(0, -1)).toEqual([null, null]);
    expect(joined.at(-1)).toEqual(snapshot(120));
  });

  it('has no patient of an earlier one that was never finished', () => {
    const joiner = new SnapshotJoiner();
    for (const { part, slice } of slicedSnapshot(snapshot(120)).slice(0, 2)) joiner.add(part, slice);
    const [only] = slicedSnapshot(snapshot(3));
    expect(only && joiner.add(only.part, only.slice)).toEqual(snapshot(3));
  });
});
