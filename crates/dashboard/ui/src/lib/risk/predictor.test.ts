import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { explain } from '../http/api';
import { ProblemError } from '../http/problem';
import { OLD_AFTER_MS, Predictor, RETRY_MS } from './predictor.svelte';
import type { FeatureDescription } from '../wire/model/FeatureDescription';
import type { Explanation } from '../wire/model/Explanation';

vi.mock('../http/api', async (original) => ({ ...(await original<typeof import('../http/api')>()), explain: vi.fn() }));

const requests = vi.mocked(explain);
const glucose = { name: 'glucose', min: 0, max: 600 } as FeatureDescription;
const after = (ms: number, probability: number): Promise<Explanation> =>
  new Promise((done) => setTimeout(() => done({ probability } as Explanation), ms));
const fail = (ms: number, status: number): Promise<Explanation> =>
  new Promise((_, refuse) => setTimeout(() => refuse(new ProblemError('Gateway Timeout', '', status)), ms));

/** A predictor with a prediction of 0.1 for a glucose of 100. */
async function predicted(): Promise<Predictor> {
  const predictor = new Predictor([glucose]);
  predictor.values = { glucose: '100' };
  requests.mockImplementationOnce(() => after(10, 0.1));
  void predictor.predict();
  await vi.advanceTimersByTimeAsync(10);
  expect([predictor.prediction?.probability, predictor.outdated]).toEqual([0.1, false]);
  return predictor;
}

function change(predictor: Predictor, value: string): void {
  predictor.values['glucose'] = value;
  predictor.schedule();
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  requests.mockReset();
});

it('marks the previous prediction while a request runs', async () => {
  const predictor = await predicted();
  requests.mockImplementationOnce(() => after(60_000, 0.2));
  change(predictor, '200');
  await vi.advanceTimersByTimeAsync(OLD_AFTER_MS - 1);
  expect(predictor.outdated).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect([predictor.prediction?.probability, predictor.outdated]).toEqual([0.1, true]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([predictor.prediction?.probability, predictor.outdated]).toEqual([0.2, false]);
});

it('does not flicker if the prediction comes soon', async () => {
  const predictor = await predicted();
  requests.mockImplementationOnce(() => after(100, 0.2));
  change(predictor, '200');
  for (let ms = 0; ms < 2 * OLD_AFTER_MS; ms += 20) {
    expect(predictor.outdated).toBe(false);
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(predictor.prediction?.probability).toBe(0.2);
});

it('marks the previous prediction while the values keep changing', async () => {
  const predictor = await predicted();
  for (let value = 101; value < 106; value += 1) {
    change(predictor, String(value));
    await vi.advanceTimersByTimeAsync(100);
  }
  expect([requests.mock.calls.length, predictor.outdated]).toEqual([1, true]);
});

it('does not take a prediction for values in between for the present ones', async () => {
  const predictor = await predicted();
  const signals: AbortSignal[] = [];
  requests.mockImplementation((_, signal) => {
    signals.push(signal);
    return after(1_000, 0.3);
  });
  change(predictor, '200');
  await vi.advanceTimersByTimeAsync(200);
  change(predictor, '300');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  // The response for 200 comes nevertheless.
  await vi.advanceTimersByTimeAsync(1_000);
  expect([predictor.prediction?.probability, predictor.outdated]).toEqual([0.1, true]);
});

it('asks again after a failure of the server, and not after a refusal', async () => {
  const predictor = await predicted();
  requests.mockImplementationOnce(() => fail(10, 504)).mockImplementationOnce(() => after(10, 0.2));
  change(predictor, '200');
  await vi.advanceTimersByTimeAsync(1_000);
  expect([predictor.prediction?.probability, predictor.outdated, predictor.problem?.status]).toEqual([0.1, true, 504]);
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect([predictor.prediction?.probability, predictor.outdated, predictor.problem]).toEqual([0.2, false, null]);

  requests.mockImplementationOnce(() => fail(10, 422));
  change(predictor, '300');
  await vi.advanceTimersByTimeAsync(3 * RETRY_MS);
  expect([requests.mock.calls.length, predictor.outdated, predictor.problem?.status]).toEqual([4, true, 422]);
});

it('asks no more once its page is left', async () => {
  const predictor = await predicted();
  requests.mockImplementationOnce(() => fail(10, 502));
  change(predictor, '200');
  await vi.advanceTimersByTimeAsync(1_000);
  predictor.stop();
  await vi.advanceTimersByTimeAsync(3 * RETRY_MS);
  expect(requests.mock.calls.length).toBe(2);
});
