import { expect, test } from 'vitest';
import { alarmTitle, mostUrgent } from './alarms';
import type { AlarmState } from '../wire/AlarmState';

const alarm = (text: string, more: Partial<AlarmState> = {}): AlarmState => ({
  id: text,
  rule: 'limit.spo2.low',
  priority: 'medium',
  text,
  since_ms: 0,
  ended_ms: null,
  acknowledged_by: null,
  silenced_until_ms: null,
  silenced_by: null,
  as_of_ms: 0,
  ...more,
});

test('an alarm that nobody has seen goes before one that was acknowledged or silenced', () => {
  const seen = alarm('NEWS2 8', { priority: 'high', acknowledged_by: 'N' });
  const silenced = alarm('HR 130 > 120', { silenced_until_ms: 9, silenced_by: 'M' });
  const open = alarm('SpO₂ 88 < 90');
  expect(mostUrgent([seen, silenced, open])).toBe(open);
  expect(mostUrgent([seen, silenced])).toBe(seen);
  expect(mostUrgent([])).toBeUndefined();
});

test('the title says what was done', () => {
  expect(alarmTitle(alarm('NEWS2 8', { priority: 'high', acknowledged_by: 'N', ended_ms: 5 }))).toBe(
    '*** NEWS2 8, ended, acknowledged by N',
  );
  expect(alarmTitle(alarm('HR 130 > 120', { silenced_until_ms: 9, silenced_by: 'M' }))).toBe(
    '** HR 130 > 120, silenced by M',
  );
});
