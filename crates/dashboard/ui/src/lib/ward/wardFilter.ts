import { compareText } from '../format/compareText';
import { BAND_KEYS, bandKey, isIncomplete, type BandKey } from '../vitals/news2';
import type { PatientState } from '../wire/PatientState';

/** Filter of the ward's tiles; an empty field matches every patient. */
export type WardFilter = { ward: string; text: string; band: BandKey | '' };

/** Returns true if a patient passes the filter. Every word of the text must occur in patient id, ward or bed. */
export function matches(patient: PatientState, filter: WardFilter): boolean {
  if (!filter.ward && !filter.band && !filter.text) return true;
  if (filter.ward && patient.ward !== filter.ward) return false;
  if (filter.band && !marksOf(patient).includes(filter.band)) return false;
  const haystack = [patient.patient_id, patient.ward, patient.bed].filter(Boolean).join(' ').toLowerCase();
  return filter.text.toLowerCase().split(/\s+/).every((word) => haystack.includes(word));
}

/** The band of a patient, and the second mark of an incomplete score. */
function marksOf(patient: PatientState): BandKey[] {
  const band = bandKey(patient.news2);
  return isIncomplete(patient.news2) && band !== 'incomplete' ? [band, 'incomplete'] : [band];
}

/** Names of the wards, in alphanumeric order. */
export function wardsOf(patients: Iterable<PatientState>): string[] {
  const names = new Set<string>();
  for (const patient of patients) if (patient.ward) names.add(patient.ward);
  return [...names].sort(compareText);
}

/** Number of patients per band. An incomplete score counts in the band of its lower bound, and as incomplete. */
export function countBands(patients: Iterable<PatientState>): Record<BandKey, number> {
  const counts = Object.fromEntries(BAND_KEYS.map((key) => [key, 0])) as Record<BandKey, number>;
  for (const patient of patients) for (const mark of marksOf(patient)) counts[mark] += 1;
  return counts;
}

/** Reads the filter from the query of the ward page. */
export function readWardFilter(query: URLSearchParams): WardFilter {
  const band = query.get('band');
  return {
    ward: query.get('ward') ?? '',
    text: query.get('q') ?? '',
    band: BAND_KEYS.find((known: BandKey) => known === band) ?? '',
  };
}

export function wardQuery(filter: WardFilter): Record<string, string> {
  return { ward: filter.ward, q: filter.text, band: filter.band };
}
