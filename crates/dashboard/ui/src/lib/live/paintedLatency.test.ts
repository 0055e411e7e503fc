import { afterEach, expect, it, vi } from 'vitest';
import type { FeedMessage } from './feed';
import { live } from './liveWard.svelte';
import { patient } from '../testing';
import type { PatientState } from '../wire/PatientState';

const feed = vi.hoisted(() => ({ receive: (_: FeedMessage): void => {} }));
vi.mock('./feedClient', () => ({
  connect: (_: string, receive: (message: FeedMessage) => void) => {
    feed.receive = receive;
    return { ready: () => {}, close: () => {} };
  },
}));

const settings = { heartbeat_ms: 1_000, trend_points: 120, patient_silent_after_ms: 15_000 };
const whole = { slice: { index: 0, count: 1 }, escalations: [], lagMs: 0 };
const device = { device_id: 'mon-1', last_arrival_ms: 0, clock_offset_ms: null };

/** A patient whose last reading is this old. */
const measuredBefore = (ageMs: number): PatientState =>
  patient('p', {}, { devices: [device], last_time_ms: Date.now() - ageMs, last_arrival_ms: Date.now() - ageMs });

function times(): { server_time_ms: number; newest_arrival_ms: number; watch_stopped_ms: null } {
  return { server_time_ms: Date.now(), newest_arrival_ms: Date.now(), watch_stopped_ms: null };
}

const snapshot = (...patients: PatientState[]): void =>
  feed.receive({ kind: 'snapshot', snapshot: { ...times(), settings, patients, trends: {} }, ...whole });

const update = (...patients: PatientState[]): void =>
  feed.receive({ kind: 'update', update: { ...times(), patients }, ...whole });

/** Tiles that change with a frame: the latency is measured after it. */
async function paint(...patients: PatientState[]): Promise<void> {
  live.painted(patients);
  await new Promise((done) => setTimeout(done, 20));
}

afterEach(() => live.close());

it('a tile that changes without a reading has no latency', async () => {
  vi.stubGlobal('document', { hidden: true });
  live.open();
  const silent = measuredBefore(600_000);
  snapshot(silent);
  live.follow(new Set(['p']));
  // A snapshot, and a state of the watch.
  snapshot({ ...silent });
  await paint({ ...silent });
  update({ ...silent, alarms: [] });
  await paint({ ...silent });
  expect(live.latency.p50).toBeNull();

  const current = measuredBefore(40);
  update(current);
  await paint(current);
  expect(live.latency.p50).toBeLessThan(1_000);
});
