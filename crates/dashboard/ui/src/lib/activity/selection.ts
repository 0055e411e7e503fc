import { boundsOf, fixedRange, lastRange, type Range, type RangeKey } from '../url/timeRange';
import type { ActivityAction } from '../wire/ActivityAction';
import type { ActivityView } from '../wire/ActivityView';

/** Periods of the lake. */
export const LAKE_KEYS = ['1h', '24h', '7d'] as const satisfies RangeKey[];

/** The newest events of the topic, or a period of the lake. */
export type Period = { kind: 'live' } | { kind: 'lake'; key: (typeof LAKE_KEYS)[number] | ''; range: Range };

/** The events on display; an empty text selects all. */
export type Selection = { period: Period; patient: string; user: string; action: ActivityAction | '' };

export const ACTIONS: Record<ActivityAction, string> = {
  viewed: 'Viewed',
  exported: 'Exported',
  printed: 'Printed',
  predicted: 'Predicted',
  acknowledged: 'Acknowledged',
  silenced: 'Silenced',
  unsilenced: 'Ended silence',
  noted: 'Noted',
};

export const VIEWS: Record<ActivityView, string> = {
  ward: 'Ward',
  patient: 'Patient',
  risk: 'Risk',
  statistics: 'Statistics',
  activity: 'Activity',
  alarms: 'Alarms',
};

/** Reads the selection from the query; what is invalid becomes the default. */
export function readSelection(query: URLSearchParams): Selection {
  const action = query.get('action') ?? '';
  return {
    period: readPeriod(query),
    patient: query.get('patient') ?? '',
    user: query.get('user') ?? '',
    action: Object.hasOwn(ACTIONS, action) ? (action as ActivityAction) : '',
  };
}

function readPeriod(query: URLSearchParams): Period {
  const [from, to] = [query.get('from'), query.get('to')];
  const isTime = (text: string | null): text is string => text !== null && /^\d{1,15}$/.test(text);
  if (isTime(from) && isTime(to) && Number(to) > Number(from)) return { kind: 'lake', key: '', range: fixedRange(Number(from), Number(to)) };
  const key = LAKE_KEYS.find((known) => known === query.get('range'));
  return key ? { kind: 'lake', key, range: lastRange(key) } : { kind: 'live' };
}

export function periodQuery(period: Period): Record<string, string> {
  if (period.kind === 'live') return { range: '', from: '', to: '' };
  if (period.range.kind === 'last') return { range: period.key, from: '', to: '' };
  return { range: '', from: String(period.range.from), to: String(period.range.to) };
}

/** The path of a request for the events. */
export function activityPath({ period, patient, user, action }: Selection, nowMs: number): string {
  const query = new URLSearchParams();
  if (patient) query.set('patient_id', patient);
  if (user) query.set('user', user);
  if (action) query.set('action', action);
  if (period.kind === 'live') return `/api/activity/live${query.size ? `?${query}` : ''}`;
  const { from, to } = boundsOf(period.range, nowMs);
  query.set('from_ms', String(Math.round(from)));
  query.set('to_ms', String(Math.round(to)));
  return `/api/activity?${query}`;
}
