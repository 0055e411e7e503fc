import type { AlarmState } from '../wire/AlarmState';

/** The sign of a priority, after IEC 60601-1-8. */
export function alarmSign(priority: AlarmState['priority']): string {
  return { high: '***', medium: '**', low: '*', technical: '–' }[priority];
}

/** The alarm that a tile shows: the most urgent one that nobody has acknowledged or silenced, else the first. */
export function mostUrgent(alarms: AlarmState[]): AlarmState | undefined {
  return alarms.find((alarm) => alarm.acknowledged_by === null && alarm.silenced_until_ms === null) ?? alarms[0];
}

/** An alarm in words, with what was done about it. */
export function alarmTitle(alarm: AlarmState): string {
  const parts = [`${alarmSign(alarm.priority)} ${alarm.text}`];
  if (alarm.ended_ms !== null) parts.push('ended');
  if (alarm.acknowledged_by !== null) parts.push(`acknowledged by ${alarm.acknowledged_by}`);
  if (alarm.silenced_until_ms !== null) parts.push(`silenced by ${alarm.silenced_by ?? '?'}`);
  return parts.join(', ');
}
