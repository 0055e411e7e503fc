import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { FeedMessage } from './feed';
import { live } from './liveWard.svelte';
import { clock } from './serverClock.svelte';
import { fetchTime } from '../http/api';

const feed = vi.hoisted(() => ({ receive: (_: FeedMessage): void => {} }));
vi.mock('./feedClient', () => ({
  connect: (_: string, receive: (message: FeedMessage) => void) => {
    feed.receive = receive;
    return { ready: () => {}, close: () => {} };
  },
}));
vi.mock('../http/api', async (original) => ({ ...(await original<typeof import('../http/api')>()), fetchTime: vi.fn() }));

const settings = { heartbeat_ms: 1_000, trend_points: 120, patient_silent_after_ms: 15_000 };

/** The server's clock, which nobody sets. */
let startMs = 0;
const serverMs = (): number => startMs + performance.now();
/** Arrival of the last reading from any patient. */
let arrivedMs = 0;
let stop = (): void => {};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { hidden: true });
  startMs = Date.now() - performance.now();
  arrivedMs = serverMs();
  vi.mocked(fetchTime).mockImplementation(async () => serverMs());
  stop = clock.start();
  live.open();
  const times = { server_time_ms: serverMs(), newest_arrival_ms: arrivedMs, watch_stopped_ms: null };
  feed.receive({ kind: 'snapshot', snapshot: { ...times, settings, patients: [], trends: {} }, slice: { index: 0, count: 1 }, escalations: [], lagMs: 0 });
});

afterEach(() => {
  live.close();
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Lets seconds pass, with a heartbeat of the stream in each. */
async function beat(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await vi.advanceTimersByTimeAsync(1_000);
    const heartbeat = { server_time_ms: serverMs(), connected: true, restoring: false, newest_arrival_ms: arrivedMs, skipped: 0 };
    feed.receive({ kind: 'heartbeat', heartbeat, lagMs: 0 });
  }
}

const setBack = (): unknown => vi.setSystemTime(Date.now() - 3_600_000);

it('no reading is live after the wall clock was set back', async () => {
  await beat(20);
  expect(live.connection).toBe('no-readings');
  setBack();
  for (let second = 0; second < 5; second += 1) {
    await beat(1);
    expect(live.connection).toBe('no-readings');
  }
  arrivedMs = serverMs();
  await beat(1);
  expect(live.connection).toBe('live');
});

it('a stream that a proxy holds is not live after the wall clock was set back', async () => {
  await beat(2);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(live.connection).toBe('silent');
  setBack();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(live.connection).toBe('silent');
});

it.each([0, 5_000, -5_000])('no age shrinks while the dashboard cannot be reached, with a clock that was wrong by %d ms', async (wrongMs) => {
  startMs += wrongMs;
  await beat(2);
  await vi.advanceTimersByTimeAsync(10_000);
  vi.mocked(fetchTime).mockRejectedValue(new Error());
  const valueMs = serverMs();
  await vi.advanceTimersByTimeAsync(18_000);
  setBack();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(clock.exact() - valueMs).toBeCloseTo(20_000, -2);
  expect(clock.now - valueMs).toBeGreaterThan(18_000);
});

it('the page says that the clocks differ after the wall clock was set back', async () => {
  await beat(3);
  expect(clock.difference).toBeNull();
  setBack();
  await beat(3);
  expect(clock.difference).toBeCloseTo(3_600_000, -3);
});
