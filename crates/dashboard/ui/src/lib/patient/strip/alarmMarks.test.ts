import { describe, expect, it } from 'vitest';
import type { PatientAlarm } from '../alarms';
import { MARK_WIDTH, placeMarks } from './alarmMarks';

const alarm = (since_ms: number, priority: PatientAlarm['priority'] = 'medium', rule = 'limit.spo2.low'): PatientAlarm => ({
  id: `${rule}/${since_ms}`,
  rule,
  priority,
  text: '',
  since_ms,
  ended_ms: null,
  acknowledged_by: null,
  silenced_until_ms: null,
  silenced_by: null,
  as_of_ms: since_ms,
  active: false,
  lastKnownMs: null,
});

/** Place in pixels, and onsets of the alarms, of each mark. */
const placed = (alarms: PatientAlarm[], width = 1_000): [number, number[]][] =>
  placeMarks(alarms, 'spo2', { from: 1_000, to: 2_000 }, width).map(({ at, alarms: of }) => [at * width, of.map(({ since_ms }) => since_ms)]);

describe('marks of a strip', () => {
  it('are at the onset, from left to right', () => {
    expect(placed([alarm(1_500), alarm(2_000), alarm(1_000)])).toEqual([
      [0, [1_000]],
      [500, [1_500]],
      [1_000, [2_000]],
    ]);
  });

  it('are those of its vital in the period', () => {
    expect(placed([alarm(999), alarm(2_001), alarm(1_500, 'high', 'news2'), alarm(1_500, 'high', 'limit.heart_rate.low')])).toEqual([]);
  });

  it('are one where they would cover each other, with the most urgent first', () => {
    const near = alarm(1_100 + MARK_WIDTH - 1, 'high');
    const far = alarm(1_100 + MARK_WIDTH, 'technical');
    expect(placed([far, near, alarm(1_100)])).toEqual([
      [100, [near.since_ms, 1_100]],
      [100 + MARK_WIDTH, [far.since_ms]],
    ]);
    // Half as wide a strip has half the room.
    expect(placed([alarm(1_100), alarm(1_120)], 500)).toHaveLength(1);
  });

  it('are none without room or time', () => {
    expect(placed([alarm(1_500)], 0)).toEqual([]);
    expect(placeMarks([alarm(5)], 'spo2', { from: 5, to: 5 }, 100)).toEqual([]);
  });
});
