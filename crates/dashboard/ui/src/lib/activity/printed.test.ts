import { expect, it } from 'vitest';
import { printedReport } from './printed';
import { routeOf } from '../url/routes';

const report = (path: string, query = ''): object | null => printedReport(routeOf(path), new URLSearchParams(query));

it('names the view, the patient and the ward of a print', () => {
  expect(report('/')).toEqual({ action: 'printed', view: 'ward' });
  expect(report('/', 'ward=A3')).toEqual({ action: 'printed', view: 'ward', ward: 'A3' });
  expect(report('/patients/p%2F1')).toEqual({ action: 'printed', view: 'patient', patient_id: 'p/1' });
  expect(report('/statistics', 'ward=B')).toEqual({ action: 'printed', view: 'statistics', ward: 'B' });
  expect(report('/activity', 'patient=p-1')).toEqual({ action: 'printed', view: 'activity', patient_id: 'p-1' });
  expect(report('/risk')).toEqual({ action: 'printed', view: 'risk' });
  expect([report('/pipeline'), report('/models'), report('/nowhere')]).toEqual([null, null, null]);
});
