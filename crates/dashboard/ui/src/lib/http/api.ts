import type { ModelDescription } from '../model/ModelDescription';
import type { Prediction } from '../model/Prediction';
import { Problem, problemOf } from './problem';
import type { History } from '../wire/History';
import type { Limits } from '../wire/Limits';

/** JSON from the dashboard's own server; everything that goes wrong is a `Problem`. */
async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Problem('The dashboard does not answer', 'Check the network, then try again.', 0);
  }
  const body: unknown = await response.json().catch((error: unknown) => {
    if (isAbort(error)) throw error;
    return null;
  });
  if (!response.ok) throw problemOf(response.status, body);
  if (body === null) throw new Problem('The answer could not be read', 'It was not JSON.', response.status);
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

export function predict(body: Record<string, number | null>, signal: AbortSignal): Promise<Prediction> {
  return request('/api/predict', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}
