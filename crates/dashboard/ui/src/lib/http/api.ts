import { ProblemError, problemError } from './problem';
import type { History } from '../wire/History';
import type { Limits } from '../wire/Limits';
import type { ModelDescription } from '../wire/model/ModelDescription';
import type { PredictResponse } from '../wire/model/PredictResponse';

/** Requests JSON from the dashboard. Every failure becomes a `ProblemError`. */
async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ProblemError('The dashboard does not respond', 'Check the network, then try again.', 0);
  }
  const body: unknown = await response.json().catch((error: unknown) => {
    if (isAbort(error)) throw error;
    return null;
  });
  if (!response.ok) throw problemError(response.status, body);
  if (body === null) throw new ProblemError('The response could not be read', 'It is not JSON.', response.status);
  return body as T;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export const fetchLimits = (): Promise<Limits[]> => request('/api/limits');
export const fetchModel = (): Promise<ModelDescription> => request('/api/model');

export function fetchHistory(
  id: string,
  bounds: { from: number; to: number },
  points: number,
  signal: AbortSignal,
): Promise<History> {
  const query = new URLSearchParams({
    from_ms: String(Math.round(bounds.from)),
    to_ms: String(Math.round(bounds.to)),
    points: String(points),
  });
  return request(`/api/patients/${encodeURIComponent(id)}/history?${query}`, { signal });
}

export function predict(body: Record<string, number | null>, signal: AbortSignal): Promise<PredictResponse> {
  return request('/api/predict', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}
