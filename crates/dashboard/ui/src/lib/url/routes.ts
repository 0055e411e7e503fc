export type Route =
  | { page: 'ward' }
  | { page: 'patient'; id: string }
  | { page: 'risk' }
  | { page: 'missing'; path: string };

/** The route of a path. */
export function routeOf(path: string): Route {
  const clean = path.length > 1 ? path.replace(/\/+$/, '') : path;
  if (clean === '/' || clean === '') return { page: 'ward' };
  if (clean === '/risk') return { page: 'risk' };
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

export const patientPath = (id: string): string => `/patients/${encodeURIComponent(id)}`;
