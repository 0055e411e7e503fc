import { plural } from '../format/numbers';
import type { ConnectionState } from '../live/connection';
import { BANDS } from '../vitals/news2';
import type { PatientState } from '../wire/PatientState';
import { alarmTitle } from './alarms';
import { conditionsOf } from './conditions';
import type { WardFilter } from './wardFilter';

/** The filter of a printed ward in words. */
export function filterText({ ward, text, band }: WardFilter): string {
  const parts = [ward ? `ward ${ward}` : 'all wards'];
  if (band) parts.push(`only ${BANDS[band].label}`);
  if (text) parts.push(`only “${text}”`);
  return parts.join(', ');
}

/** States how current a printed ward is, of whose `patients` some are `silent`. */
export function currencyText(connection: ConnectionState, silent: number, patients: number): string {
  if (connection !== 'live' || (silent > 0 && silent === patients)) return 'not live: check the age of each value';
  return silent > 0 ? `live, without data from ${plural(silent, 'patient')}` : 'live';
}

/** The remarks on a patient: `silence` and `lastKnown` are empty for a patient who is heard and watched. */
export function remarkText(patient: PatientState, silence: string, lastKnown: string): string {
  const alarms = patient.alarms.map(alarmTitle);
  if (alarms.length > 0) alarms.push(lastKnown);
  return [silence, ...alarms, ...conditionsOf(patient).map(({ text }) => text)].filter(Boolean).join('; ');
}
