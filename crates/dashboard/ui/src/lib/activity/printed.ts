import type { Route } from '../url/routes';
import type { ActivityReport } from '../wire/ActivityReport';

/** The report of a print of a page; null for one without data of patients. */
export function printedReport(route: Route, query: URLSearchParams): ActivityReport | null {
  switch (route.page) {
    case 'patient':
      return { action: 'printed', view: 'patient', patient_id: route.id };
    case 'ward':
    case 'statistics': {
      const ward = query.get('ward');
      return { action: 'printed', view: route.page, ...(ward ? { ward } : {}) };
    }
    case 'activity': {
      const patient = query.get('patient');
      return { action: 'printed', view: 'activity', ...(patient ? { patient_id: patient } : {}) };
    }
    case 'risk':
      return { action: 'printed', view: 'risk' };
    default:
      return null;
  }
}
