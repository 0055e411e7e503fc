import { csv } from '../format/csv';
import type { ActivityRecord } from '../wire/ActivityRecord';

const HEAD = ['time', 'time_ms', 'user', 'address', 'user_agent', 'action', 'view', 'patient_id', 'ward', 'from', 'to', 'request_id', 'event_id'];

/** Events as CSV (RFC 4180), times in UTC. An empty user is unknown. */
export function activityCsv(events: readonly ActivityRecord[]): string {
  const rows = events.map((one) => [
    utc(one.time_ms),
    one.time_ms,
    one.user,
    one.address,
    one.user_agent,
    one.action,
    one.view,
    one.patient_id,
    one.ward,
    utc(one.from_ms),
    utc(one.to_ms),
    one.request_id,
    one.event_id,
  ]);
  return csv([HEAD, ...rows]);
}

/** Empty for no time, and for one that no date has. */
function utc(ms: number | null): string | null {
  const date = new Date(ms ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
