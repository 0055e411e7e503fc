import { expect, it } from 'vitest';
import { detailText } from './detail';
import type { ActivityRecord } from '../wire/ActivityRecord';

const event: ActivityRecord = {
  event_id: 'e-1', time_ms: 1_000, user: null, address: '192.0.2.1', user_agent: null, action: 'viewed', view: 'statistics',
  patient_id: null, ward: null, from_ms: null, to_ms: null, request_id: null,
};

it('names what an access has, and the start of 1970 is a time', () => {
  expect(detailText(event, 'utc')).toBe('');
  expect(detailText({ ...event, ward: 'A3', from_ms: 0, to_ms: 60_000 }, 'utc')).toBe('Ward A3, 01 Jan 1970, 00:00:00 – 00:01:00');
  expect(detailText({ ...event, view: 'risk', request_id: 'r-1' }, 'utc')).toBe('Request r-1');
  const silence: ActivityRecord = { ...event, user: 'Nurse N', user_agent: 'consumer watch', action: 'silenced', view: 'alarms', from_ms: 0, to_ms: 600_000 };
  expect(detailText(silence, 'utc')).toBe('01 Jan 1970, 00:00:00 – 00:10:00, name as entered at the command line');
});
