import { describe, expect, it } from 'vitest';
import { href, pathOf } from './base';
import { patientPath, routeOf } from './routes';

/** The route that a browser reaches by a link. */
function follow(path: string, base: string): ReturnType<typeof routeOf> {
  const url = new URL(href(path, base), 'http://ward.example/');
  return routeOf(pathOf(url.pathname, base) ?? 'outside', url.searchParams);
}

describe('routes', () => {
  it('has a page for each path', () => {
    expect(['/', '/risk/', '/pipeline', '/models', '/statistics', '/activity', '/patients/p-1'].map((path) => routeOf(path).page)).toEqual(['ward', 'risk', 'pipeline', 'models', 'statistics', 'activity', 'patient']);
    expect(['/nowhere', '/patients', '/patients/a/b', '/patients/%FF'].map((path) => routeOf(path).page)).toEqual(Array(4).fill('missing'));
  });

  it('reaches every patient by the path of the id', () => {
    const ids = ['p-1', '..', '.', '...', ' p1', 'p1 ', 'a/b', 'a\\b', '/', '%', '%2e%2e', '?', '#', '&id=x', 'ä', '患者', 'risk', ' ', '\u00a0', '\t', '~', "'", '"<>'];
    for (const base of ['/', '/vitals/']) {
      for (const id of ids) expect(follow(patientPath(id), base), JSON.stringify(id)).toEqual({ page: 'patient', id });
    }
  });

  it('knows its pages below a base path only', () => {
    expect(pathOf('/vitals', '/vitals/')).toBe('/');
    expect(pathOf('/vitals/risk', '/vitals/')).toBe('/risk');
    expect(pathOf('/risk', '/vitals/')).toBeNull();
  });
});
