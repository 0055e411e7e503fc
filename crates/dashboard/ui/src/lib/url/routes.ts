export type Route =
  | { page: 'ward' }
  | { page: 'patient'; id: string }
  | { page: 'risk' }
  | { page: 'pipeline' }
  | { page: 'models' }
  | { page: 'statistics' }
  | { page: 'activity' }
  | { page: 'missing'; path: string };

const PAGES: Record<string, Route> = { '/': { page: 'ward' }, '': { page: 'ward' }, '/risk': { page: 'risk' }, '/pipeline': { page: 'pipeline' }, '/models': { page: 'models' }, '/statistics': { page: 'statistics' }, '/activity': { page: 'activity' } };

/** The route of a path of the dashboard, and of its query. */
export function routeOf(path: string, query = new URLSearchParams()): Route {
  const clean = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const known = PAGES[clean];
  if (known) return known;
  if (clean === '/patients') {
    const id = query.get('id');
    return id ? { page: 'patient', id } : { page: 'missing', path };
  }
  const id = /^\/patients\/([^/]+)$/.exec(clean)?.[1];
  if (id !== undefined) {
    try {
      return { page: 'patient', id: decodeURIComponent(id) };
    } catch {
      return { page: 'missing', path };
    }
  }
  return { page: 'missing', path };
}

/**
 * The path of a patient's page. Browsers resolve the segments `.` and `..` even if they are encoded, and
 * proxies decode an encoded slash, so that such an id is a parameter.
 */
export function patientPath(id: string): string {
  const segment = encodeURIComponent(id);
  return /^\.\.?$|[/\\]/.test(id) ? `/patients?id=${segment}` : `/patients/${segment}`;
}
