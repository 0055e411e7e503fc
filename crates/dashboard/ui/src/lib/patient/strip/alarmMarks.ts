import { byUrgency, stripOf, type PatientAlarm } from '../alarms';

/** Width of a mark, CSS pixels. */
export const MARK_WIDTH = 14;

/** A mark on a strip: one alarm, or several that would cover each other. */
export type Mark = {
  /** Place of the first onset, as a share of the strip's width. */
  at: number;
  /** The most urgent comes first. */
  alarms: PatientAlarm[];
};

/** The marks of a strip that is `width` pixels wide, from left to right. */
export function placeMarks(
  alarms: readonly PatientAlarm[],
  strip: string,
  { from, to }: { from: number; to: number },
  width: number,
): Mark[] {
  if (width <= 0 || to <= from) return [];
  const own = alarms.filter(({ rule, since_ms }) => stripOf(rule) === strip && since_ms >= from && since_ms <= to);
  own.sort((one, other) => one.since_ms - other.since_ms);
  const marks: Mark[] = [];
  const span = (MARK_WIDTH * (to - from)) / width;
  let last = -Infinity;
  for (const alarm of own) {
    if (alarm.since_ms - last < span) {
      marks.at(-1)?.alarms.push(alarm);
    } else {
      marks.push({ at: (alarm.since_ms - from) / (to - from), alarms: [alarm] });
      last = alarm.since_ms;
    }
  }
  for (const mark of marks) mark.alarms.sort(byUrgency);
  return marks;
}
