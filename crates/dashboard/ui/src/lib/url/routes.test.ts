import { expect, it } from 'vitest';
import { patientPath, routeOf } from './routes';

it.each([
  ['/', { page: 'ward' }],
  ['/risk', { page: 'risk' }],
  ['/risk/', { page: 'risk' }],
  ['/patients/p-0042', { page: 'patient', id: 'p-0042' }],
  ['/patients/', { page: 'missing', path: '/patients/' }],
  ['/patients/%E0%A4%A', { page: 'missing', path: '/patients/%E0%A4%A' }],
  ['/nowhere', { page: 'missing', path: '/nowhere' }],
])('%s', (path, route) => expect(routeOf(path)).toEqual(route));

it.each(['p-1', 'a/b', 'ü ?#%', '..'])('a patient id is restored from its path: %s', (id) => {
  expect(routeOf(patientPath(id))).toEqual({ page: 'patient', id });
});
