import { periodText, type Zone } from '../format/time';
import type { ActivityRecord } from '../wire/ActivityRecord';

/** The client of actions on alarms at the command line, where nobody verifies the name. */
const COMMAND = 'consumer watch';

/** The ward, the period and the request of an access, as far as it has them. */
export function detailText({ ward, from_ms, to_ms, request_id, user_agent }: ActivityRecord, zone: Zone): string {
  const parts = [
    ward === null ? '' : `Ward ${ward}`,
    from_ms === null || to_ms === null ? '' : periodText(from_ms, to_ms, zone),
    request_id === null ? '' : `Request ${request_id}`,
    user_agent === COMMAND ? 'name as entered at the command line' : '',
  ];
  return parts.filter(Boolean).join(', ');
}
