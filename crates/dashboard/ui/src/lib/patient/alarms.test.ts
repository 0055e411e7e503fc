import { describe, expect, it } from 'vitest';
import type { AlarmRecord } from '../wire/AlarmRecord';
import { alarmText, combine, countText, mergeAlarms, stripOf, type PatientAlarm } from './alarms';

const alarm = (id: string, since_ms: number, more: Partial<AlarmRecord> = {}): AlarmRecord => ({
  id,
  rule: 'limit.spo2.low',
  priority: 'medium',
  text: `text of ${id}`,
  since_ms,
  ended_ms: null,
  acknowledged_by: null,
  silenced_by: null,
  ...more,
});

describe('the strip of a rule', () => {
  it.each([
    ['limit.heart_rate.high', 'heart_rate'],
    ['limit.spo2.low', 'spo2'],
    ['limit.systolic.low', 'blood_pressure'],
    ['limit.diastolic.high', 'blood_pressure'],
    ['limit.mean_pressure.low', 'blood_pressure'],
    ['limit.temperature.high', 'temperature'],
    ['doubted.spo2', 'spo2'],
    ['shift.respiratory_rate', 'respiratory_rate'],
    ['deviation.pulse', 'heart_rate'],
    ['asystole', 'heart_rate'],
    ['apnoea', 'respiratory_rate'],
    ['technical.leads_off', 'heart_rate'],
    ['technical.probe_off', 'spo2'],
    ['news2', undefined],
    ['technical.no_data', undefined],
    ['limit.toString.low', undefined],
    ['limit', undefined],
    ['', undefined],
  ])('%s is on %s', (rule, strip) => expect(stripOf(rule)).toBe(strip));
});

it('an alarm keeps its highest priority and the words of it', () => {
  const high = alarm('a', 1, { priority: 'high', text: 'SpO2 79 < 80' });
  const fallen = alarm('a', 1, { priority: 'low', text: 'SpO2 89 < 90', ended_ms: 9 });
  expect(combine(high, fallen)).toEqual({ ...high, ended_ms: 9 });
  expect(combine(fallen, high)).toEqual(high);
  expect(combine({ ...high, silenced_by: 'Bo' }, fallen).silenced_by).toBe('Bo');
  expect(combine(undefined, fallen)).toBe(fallen);
});

describe('alarms of the page', () => {
  const bounds = { from: 10, to: 100 };
  const merged = (seen: AlarmRecord[], stored: AlarmRecord[], listed: AlarmRecord[]) => mergeAlarms(seen, stored, listed, bounds);

  it('are each there once, with what the latest source knows', () => {
    const seen = [alarm('a', 20), alarm('b', 30), alarm('c', 40)];
    const stored = [alarm('a', 20, { ended_ms: 25 }), alarm('d', 50, { ended_ms: 55 })];
    const listed = [alarm('b', 30, { acknowledged_by: 'Ada' }), alarm('e', 60, { ended_ms: 70, priority: 'high' })];
    const found = merged(seen, stored, listed).map(({ id, active, ended_ms, acknowledged_by }) => [id, active, ended_ms, acknowledged_by]);
    expect(found).toEqual([
      ['e', false, 70, null],
      ['d', false, 55, null],
      // Ended since, and not archived yet.
      ['c', false, null, null],
      ['b', true, null, 'Ada'],
      ['a', false, 25, null],
    ]);
  });

  it('are those with an onset in the period', () => {
    const all = [9, 10, 100, 101].map((since) => alarm(String(since), since));
    expect(merged([], all, []).map(({ id }) => id)).toEqual(['100', '10']);
  });

  it('are counted by priority', () => {
    const all = merged([], [alarm('a', 20, { priority: 'technical' }), alarm('b', 20), alarm('c', 20, { priority: 'high' }), alarm('d', 20)], []);
    expect(countText(all)).toBe('1 high, 2 medium, 1 technical');
    expect(countText([])).toBe('none');
    expect(all.map(({ id }) => id)).toEqual(['c', 'b', 'd', 'a']);
  });

  it('have words for sign, priority, time and person', () => {
    const shown = (more: Partial<PatientAlarm>): string => alarmText({ ...alarm('a', 1_000), text: 'SpO2 88 < 90', active: false, ...more }, 'utc');
    const since = '01 Jan, 00:00:01';
    expect(shown({ active: true, priority: 'high' })).toBe(`*** SpO2 88 < 90, high priority, since ${since}`);
    expect(shown({ ended_ms: 5_000, acknowledged_by: 'Ada', silenced_by: 'Bo' })).toBe(
      `** SpO2 88 < 90, medium priority, ${since} – 00:00:05, acknowledged by Ada, silenced by Bo`,
    );
    expect(shown({ priority: 'technical' })).toBe(`– SpO2 88 < 90, technical priority, ${since}, end not known`);
  });
});
