import { fullTime, periodText, type Zone } from '../format/time';
import { alarmSign } from '../ward/alarms';
import type { AlarmRecord } from '../wire/AlarmRecord';
import { CHANNELS } from './strip/channels';

/** An alarm of the patient's page. */
export type PatientAlarm = AlarmRecord & {
  /** The watch lists it as under way. */
  active: boolean;
};

export type Priority = AlarmRecord['priority'];

/** The priorities, the most urgent first. */
export const PRIORITIES: readonly Priority[] = ['high', 'medium', 'low', 'technical'];

const RULES_OF_VITALS = ['limit', 'doubted', 'shift', 'deviation'];

/** Strips of rules whose code names no vital. */
const STRIPS = new Map([
  ['asystole', 'heart_rate'],
  ['apnoea', 'respiratory_rate'],
  ['technical.leads_off', 'heart_rate'],
  ['technical.probe_off', 'spo2'],
]);

/** Strips of vitals without a line of their own. */
const STRIPS_OF_VITALS = new Map<string, string>([
  ['pulse', 'heart_rate'],
  ['mean_pressure', 'blood_pressure'],
  ...CHANNELS.flatMap((channel) => channel.vitals.map(({ vital }): [string, string] => [vital, channel.id])),
]);

/** The strip of the vital that a rule concerns; undefined for a rule of the patient as a whole, such as NEWS2. */
export function stripOf(rule: string): string | undefined {
  const [kind = '', vital = ''] = rule.split('.');
  return RULES_OF_VITALS.includes(kind) ? STRIPS_OF_VITALS.get(vital) : STRIPS.get(rule);
}

/** The more urgent of two priorities comes first. */
export function byUrgency(one: AlarmRecord, other: AlarmRecord): number {
  return PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority);
}

/** The state of `later`, with the higher priority of the two and its words. */
export function combine(earlier: AlarmRecord | undefined, later: AlarmRecord): AlarmRecord {
  if (!earlier) return later;
  const { priority, text } = byUrgency(later, earlier) < 0 ? later : earlier;
  // The watch lists a silence until its end.
  return { ...later, priority, text, silenced_by: later.silenced_by ?? earlier.silenced_by };
}

/**
 * The alarms with an onset in a period, newest first. `seen` were listed since the page was opened, `stored`
 * are those of the lake, `listed` those of the watch at present: each knows more than the one before.
 */
export function mergeAlarms(
  seen: Iterable<AlarmRecord>,
  stored: readonly AlarmRecord[],
  listed: readonly AlarmRecord[],
  { from, to }: { from: number; to: number },
): PatientAlarm[] {
  const merged = new Map<string, AlarmRecord>();
  for (const alarm of [...seen, ...stored, ...listed]) merged.set(alarm.id, combine(merged.get(alarm.id), alarm));
  const active = new Set(listed.filter((alarm) => alarm.ended_ms === null).map((alarm) => alarm.id));
  return [...merged.values()]
    .filter((alarm) => alarm.since_ms >= from && alarm.since_ms <= to)
    .map((alarm) => ({ ...alarm, active: active.has(alarm.id) }))
    .sort((one, other) => other.since_ms - one.since_ms || byUrgency(one, other));
}

/** Number of alarms by priority: `2 high, 5 medium`. */
export function countText(alarms: readonly AlarmRecord[]): string {
  const counts = PRIORITIES.map((priority) => ({ priority, count: alarms.filter((alarm) => alarm.priority === priority).length }));
  const named = counts.filter(({ count }) => count > 0).map(({ priority, count }) => `${count} ${priority}`);
  return named.join(', ') || 'none';
}

/** The time of an alarm, from its onset to its end as far as it is known. */
function durationText({ since_ms, ended_ms, active }: PatientAlarm, zone: Zone): string {
  if (ended_ms !== null) return periodText(since_ms, ended_ms, zone);
  const since = fullTime(since_ms, zone);
  return active ? `since ${since}` : `${since}, end not known`;
}

/** The time of an alarm, and what was done about it. */
export function courseText(alarm: PatientAlarm, zone: Zone): string {
  const parts = [durationText(alarm, zone)];
  if (alarm.acknowledged_by !== null) parts.push(`acknowledged by ${alarm.acknowledged_by}`);
  if (alarm.silenced_by !== null) parts.push(`silenced by ${alarm.silenced_by}`);
  return parts.join(', ');
}

/** An alarm in words. */
export function alarmText(alarm: PatientAlarm, zone: Zone): string {
  return `${alarmSign(alarm.priority)} ${alarm.text}, ${alarm.priority} priority, ${courseText(alarm, zone)}`;
}
