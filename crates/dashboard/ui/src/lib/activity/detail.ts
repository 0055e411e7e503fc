import { periodText, type Zone } from '../format/time';
import type { ActivityRecord } from '../wire/ActivityRecord';

/** The ward, the period and the request of an access, as far as it has them. */
export function detailText({ ward, from_ms, to_ms, request_id }: ActivityRecord, zone: Zone): string {
  const parts = [
    ward === null ? '' : `Ward ${ward}`,
    from_ms === null || to_ms === null ? '' : periodText(from_ms, to_ms, zone),
    request_id === null ? '' : `Request ${request_id}`,
  ];
  return parts.filter(Boolean).join(', ');
}
