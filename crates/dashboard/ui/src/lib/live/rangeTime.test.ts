import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { clock } from './serverClock.svelte';
import { ActivityStore } from '../activity/activityStore.svelte';
import { fetchActivity, fetchAlarms, fetchHistory, fetchStatistics, fetchTime } from '../http/api';
import { PatientAlarms } from '../patient/patientAlarms.svelte';
import { PatientHistory } from '../patient/patientHistory.svelte';
import { periodOf } from '../statistics/period';
import { StatisticsStore } from '../statistics/statisticsStore.svelte';
import { fixedRange, lastRange } from '../url/timeRange';

vi.mock('../http/api', async (original) => ({
  ...(await original<typeof import('../http/api')>()),
  fetchActivity: vi.fn(),
  fetchAlarms: vi.fn(),
  fetchHistory: vi.fn(),
  fetchStatistics: vi.fn(),
  fetchTime: vi.fn(),
}));

const HOUR = 3_600_000;
const RANGE = lastRange('1h');
const requests = [fetchActivity, fetchAlarms, fetchHistory, fetchStatistics].map((one) => vi.mocked(one as () => Promise<never>));
let stop = (): void => {};

beforeEach(() => {
  vi.useFakeTimers();
  for (const request of requests) request.mockImplementation(() => new Promise(() => {}));
});

afterEach(() => {
  stop();
  vi.resetAllMocks();
  vi.useRealTimers();
});

/** Opens every page that requests a range. Returns their stores. */
function open(range = RANGE): { problem: unknown }[] {
  const [statistics, activity] = [new StatisticsStore(), new ActivityStore()];
  const [history, alarms] = [new PatientHistory('p-1'), new PatientAlarms('p-1')];
  statistics.show({ ...periodOf('1h'), range } as ReturnType<typeof periodOf>, '');
  activity.show({ period: { kind: 'lake', key: '1h', range }, patient: '', user: '', action: '' });
  history.show(range, '');
  alarms.show(range);
  stop = clock.start();
  return [statistics, activity, history, alarms];
}

/** The ends of the requested ranges, in the order of `open`. */
function ends(): number[] {
  const inPath = (path: unknown): number => Number(new URLSearchParams(String(path).split('?')[1]).get('to_ms'));
  const inBounds = (bounds: unknown): number => (bounds as { to: number }).to;
  return [
    ...vi.mocked(fetchStatistics).mock.calls.map(([path]) => inPath(path)),
    ...vi.mocked(fetchActivity).mock.calls.map(([path]) => inPath(path)),
    ...vi.mocked(fetchHistory).mock.calls.map(([, bounds]) => inBounds(bounds)),
    ...vi.mocked(fetchAlarms).mock.calls.map(([, bounds]) => inBounds(bounds)),
  ];
}

// The first test: the clock of the module is measured only once.
it('does not ask for a range before the clock is measured, and gives up after a time', async () => {
  vi.mocked(fetchTime).mockImplementation(() => new Promise(() => {}));
  const stores = open();
  await vi.advanceTimersByTimeAsync(14_000);
  expect(ends()).toEqual([]);
  expect(stores.map((store) => store.problem)).toEqual([null, null, null, null]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(ends()).toEqual([]);
  expect(stores.map((store) => store.problem)).toEqual(stores.map(() => expect.objectContaining({ status: 0 })));
});

it('asks for a fixed range at once', async () => {
  vi.mocked(fetchTime).mockImplementation(() => new Promise(() => {}));
  open(fixedRange(0, HOUR));
  await vi.advanceTimersByTimeAsync(10);
  expect(ends()).toEqual([HOUR, HOUR, HOUR, HOUR]);
});

it('asks for a range of the server’s clock on a device whose clock is hours ahead', async () => {
  vi.mocked(fetchTime).mockImplementation(async () => {
    await new Promise((done) => setTimeout(done, 200));
    return Date.now() - 3 * HOUR;
  });
  open();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ends()).toHaveLength(4);
  for (const end of ends()) expect(Math.abs(end - (Date.now() - 3 * HOUR))).toBeLessThan(2_000);
});
