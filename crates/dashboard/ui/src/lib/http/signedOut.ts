/** The part of a response that tells a sign-in page from the dashboard. */
type Head = Pick<Response, 'type' | 'status' | 'ok' | 'headers'>;

/**
 * Returns true if a proxy in front answers instead of the dashboard, because the session has ended: with
 * a redirect, a refusal, or a page of its own. The dashboard itself never responds like that.
 */
export function isSignedOut(response: Head, expected: string): boolean {
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) return true;
  const type = response.headers.get('content-type') ?? '';
  // A problem document with the status 403 comes from the dashboard.
  if (response.status === 401 || response.status === 403 || response.status === 407 || response.status === 511) {
    return !type.startsWith('application/problem+json');
  }
  return response.ok && expected !== 'text/html' && type.startsWith('text/html');
}
