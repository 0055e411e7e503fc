import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fetchModel } from '../http/api';
import { ProblemError } from '../http/problem';
import { DescriptionStore, RETRY_MS } from './descriptionStore.svelte';
import type { ModelDescription } from '../wire/model/ModelDescription';

vi.mock('../http/api', () => ({ fetchModel: vi.fn() }));

const requests = vi.mocked(fetchModel);
const failure = (status: number): ProblemError => new ProblemError('Bad Gateway', '', status);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  requests.mockReset();
});

it('asks again until the model server responds', async () => {
  requests.mockRejectedValueOnce(failure(502)).mockRejectedValueOnce(failure(504)).mockResolvedValue({ features: [] } as unknown as ModelDescription);
  const store = new DescriptionStore();
  const stop = store.start();
  await vi.advanceTimersByTimeAsync(RETRY_MS - 1);
  expect([store.problem?.status, requests.mock.calls.length]).toEqual([502, 1]);
  await vi.advanceTimersByTimeAsync(1);
  expect([store.problem?.status, store.model]).toEqual([504, null]);
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect([store.problem, store.model]).toEqual([null, { features: [] }]);
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(requests).toHaveBeenCalledTimes(3);
  stop();
});

it('does not repeat a request that is wrong, nor one of a page that was left', async () => {
  requests.mockRejectedValue(failure(404));
  new DescriptionStore().start();
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(requests).toHaveBeenCalledTimes(1);
  requests.mockRejectedValue(failure(502));
  new DescriptionStore().start()();
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(requests).toHaveBeenCalledTimes(2);
});
