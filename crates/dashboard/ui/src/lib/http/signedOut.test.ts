import { expect, it } from 'vitest';
import { isSignedOut } from './signedOut';

const head = (status: number, type: string, kind: ResponseType = 'basic'): Response =>
  ({ type: kind, status, ok: status >= 200 && status < 300, headers: new Headers(type ? { 'content-type': type } : {}) }) as Response;

it('tells the answer of a proxy from one of the dashboard', () => {
  const cases: [Response, boolean][] = [
    [head(0, '', 'opaqueredirect'), true],
    [head(302, 'text/html'), true],
    [head(401, 'text/html'), true],
    [head(403, 'text/plain'), true],
    [head(200, 'text/html; charset=utf-8'), true],
    [head(200, 'application/json'), false],
    [head(403, 'application/problem+json'), false],
    [head(422, 'application/problem+json'), false],
    [head(502, 'text/html'), false],
    [head(503, 'text/html'), false],
  ];
  for (const [response, expected] of cases) expect(isSignedOut(response, 'application/json'), String(response.status)).toBe(expected);
});
