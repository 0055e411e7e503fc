import { fullTime, periodText, type Zone } from '../format/time';
import { alarmSign } from '../ward/alarms';
import type { AlarmState } from '../wire/AlarmState';
import { CHANNELS } from './strip/channels';

/** An alarm of the patient's page. */
export type PatientAlarm = AlarmState & {
  /** The watch lists it as under way. */
  active: boolean;
  /** Time up to which it was under way, if no watch has been running since. */
  lastKnownMs: number | null;
};

export type Priority = AlarmState['priority'];

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
export function byUrgency(one: AlarmState, other: AlarmState): number {
  return PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority);
}

/** The newer of two states, with the higher priority of both and its words. */
export function combine(one: AlarmState | undefined, other: AlarmState): AlarmState {
  if (!one) return other;
  // Both times are the watch's own, so that neither the archive's delay nor a late response matters.
  const [older, newer] = other.as_of_ms >= one.as_of_ms ? [one, other] : [other, one];
  const { priority, text } = byUrgency(newer, older) < 0 ? newer : older;
  return {
    ...newer,
    priority,
    text,
    // An end is final. The watch lists a silence until its end.
    ended_ms: newer.ended_ms ?? older.ended_ms,
    silenced_by: newer.silenced_by ?? older.silenced_by,
  };
}

/**
 * The alarms that last in a period, as far as their ends are known, newest first: those that were listed
 * since the page was opened (`seen`), those of the lake (`stored`), and those that the watch lists at present, or listed before
 * `knownMs` if none is running. Of each the newest state wins, whichever source has it.
 */
export function mergeAlarms(
  seen: Iterable<AlarmState>,
  stored: readonly AlarmState[],
  listed: readonly AlarmState[],
  { from, to }: { from: number; to: number },
  knownMs: number | null,
): PatientAlarm[] {
  const merged = new Map<string, AlarmState>();
  for (const alarm of [...stored, ...seen, ...listed]) merged.set(alarm.id, combine(merged.get(alarm.id), alarm));
  const present = new Set(listed.map((alarm) => alarm.id));
  return [...merged.values()]
    .map((alarm): PatientAlarm => {
      const underWay = alarm.ended_ms === null && present.has(alarm.id);
      return { ...alarm, active: underWay && knownMs === null, lastKnownMs: underWay ? knownMs : null };
    })
    .filter((alarm) => alarm.since_ms <= to && lastMs(alarm) >= from)
    .sort((one, other) => other.since_ms - one.since_ms || byUrgency(one, other));
}

/** Time up to which an alarm lasted, as far as it is known; one that is under way, or was when the watch stopped, has no end. */
function lastMs({ ended_ms, as_of_ms, active, lastKnownMs }: PatientAlarm): number {
  return active || lastKnownMs !== null ? Infinity : (ended_ms ?? as_of_ms);
}

/** Number of alarms by priority: `2 high, 5 medium`. */
export function countText(alarms: readonly AlarmState[]): string {
  const counts = PRIORITIES.map((priority) => ({ priority, count: alarms.filter((alarm) => alarm.priority === priority).length }));
  const named = counts.filter(({ count }) => count > 0).map(({ priority, count }) => `${count} ${priority}`);
  return named.join(', ') || 'none';
}

/** The time of an alarm, from its onset to its end as far as it is known. */
function durationText({ since_ms, ended_ms, active, lastKnownMs }: PatientAlarm, zone: Zone): string {
  if (ended_ms !== null) return periodText(since_ms, ended_ms, zone);
  const since = fullTime(since_ms, zone);
  if (lastKnownMs !== null) return `since ${since}, last known at ${fullTime(lastKnownMs, zone)}`;
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
