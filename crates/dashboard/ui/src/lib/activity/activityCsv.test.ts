import { expect, it } from 'vitest';
import { activityCsv } from './activityCsv';
import type { ActivityRecord } from '../wire/ActivityRecord';

const event: ActivityRecord = {
  event_id: 'e-1', time_ms: 1_000, user: null, address: '2001:db8::7', user_agent: 'Firefox, "140"', action: 'viewed', view: 'ward',
  patient_id: null, ward: null, from_ms: null, to_ms: null, request_id: null,
};

it('has a line per event, and no formula', () => {
  const exported: ActivityRecord = { ...event, user: '=cmd()', action: 'exported', view: 'patient', patient_id: '-p', from_ms: 0, to_ms: 60_000 };
  expect(activityCsv([event, exported]).split('\r\n')).toEqual([
    'time,time_ms,user,address,user_agent,action,view,patient_id,ward,from,to,request_id,event_id',
    '1970-01-01T00:00:01.000Z,1000,,2001:db8::7,"Firefox, ""140""",viewed,ward,,,,,,e-1',
    "1970-01-01T00:00:01.000Z,1000,'=cmd(),2001:db8::7,\"Firefox, \"\"140\"\"\",exported,patient,'-p,,1970-01-01T00:00:00.000Z,1970-01-01T00:01:00.000Z,,e-1",
    '',
  ]);
});
