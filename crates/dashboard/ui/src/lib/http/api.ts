import { ProblemError, problemError } from './problem';
import { isSignedOut } from './signedOut';
import { href } from '../url/base';
import type { Card, ModelHealth, ModelList } from '../models/card';
import type { Activity } from '../wire/Activity';
import type { ActivityReport } from '../wire/ActivityReport';
import type { AlarmHistory } from '../wire/AlarmHistory';
import type { History } from '../wire/History';
import type { Limits } from '../wire/Limits';
import type { Pipeline } from '../wire/Pipeline';
import type { Statistics } from '../wire/Statistics';
import type { ServerTime } from '../wire/ServerTime';
import type { ModelDescription } from '../wire/model/ModelDescription';
import type { Explanation } from '../wire/model/Explanation';

/** Longest wait for a response: longer than the server's own, so that its answer arrives. */
const TIMEOUT_MS = 90_000;

/** The same for responses that cost no work: a page that waits longer would show old figures as current ones. */
const QUICK_MS = 15_000;

/** Requests JSON from the dashboard. Every failure becomes a `ProblemError`, and so does a response that does not come. */
async function request<T>(path: string, { signal, ...init }: RequestInit = {}, timeoutMs = TIMEOUT_MS): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  return answer<T>(path, { ...init, signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
}

async function answer<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    // The dashboard redirects nowhere: a redirect leads to the sign-in page of a proxy.
    response = await fetch(href(path), { ...init, redirect: 'manual', headers: { accept: 'application/json', ...init.headers } });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw noResponse();
  }
  if (isSignedOut(response, 'application/json')) {
    throw new ProblemError('Your session has ended', 'Reload the page to sign in again.', 401);
  }
  const body: unknown = await response.json().catch((error: unknown) => {
    if (isAbort(error)) throw error;
    // The connection broke, or the rest of the body did not come in time.
    if (!(error instanceof SyntaxError)) throw noResponse();
    return null;
  });
  if (!response.ok) throw problemError(response.status, body);
  if (body === null) throw new ProblemError('The response could not be read', 'It is not JSON.', response.status);
  return body as T;
}

const noResponse = (): ProblemError => new ProblemError('The dashboard does not respond', 'Check the network, then try again.', 0);

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export const fetchLimits = (): Promise<Limits[]> => request('/api/limits', {}, QUICK_MS);

/** The server's clock, ms since the epoch. */
export async function fetchTime(): Promise<number> {
  const { server_time_ms } = await request<ServerTime>('/api/time', { cache: 'no-store' });
  return server_time_ms;
}

export const fetchStatistics = (path: string, signal: AbortSignal): Promise<Statistics> => request(path, { signal });
export const fetchActivity = (path: string, signal: AbortSignal): Promise<Activity> => request(path, { signal });
export const fetchPipeline = (): Promise<Pipeline> => request('/api/pipeline', {}, QUICK_MS);
export const fetchModels = (): Promise<ModelList> => request('/api/models', {}, QUICK_MS);
export const fetchModelHealth = (): Promise<ModelHealth> => request('/api/models/health', {}, QUICK_MS);
export const fetchCard = (name: string, version: string): Promise<Card> =>
  request(`/api/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/card`);
export const fetchModel = (): Promise<ModelDescription> => request('/api/model');

export function fetchHistory(
  id: string,
  bounds: { from: number; to: number },
  points: number,
  device: string,
  signal: AbortSignal,
): Promise<History> {
  const query = new URLSearchParams({
    patient_id: id,
    from_ms: String(Math.round(bounds.from)),
    to_ms: String(Math.round(bounds.to)),
    points: String(points),
  });
  if (device !== '') query.set('device', device);
  return request(`/api/history?${query}`, { signal });
}

export function fetchAlarms(id: string, bounds: { from: number; to: number }, signal: AbortSignal): Promise<AlarmHistory> {
  const query = new URLSearchParams({ patient_id: id, from_ms: String(Math.round(bounds.from)), to_ms: String(Math.round(bounds.to)) });
  return request(`/api/alarms?${query}`, { signal });
}

/** The prediction for one person, with its explanation. */
export function explain(body: Record<string, number | null>, signal: AbortSignal): Promise<Explanation> {
  return request('/api/explain', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}

/**
 * Reports an access that happens in the browser only. Best effort, as the whole log is: a page that can't
 * reach the dashboard exports and prints what it has.
 */
export function reportActivity(report: ActivityReport): void {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(report), redirect: 'manual', keepalive: true } as const;
  fetch(href('/api/activity'), init).catch(() => undefined);
}
