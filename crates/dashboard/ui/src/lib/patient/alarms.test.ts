import { describe, expect, it } from 'vitest';
import type { AlarmState } from '../wire/AlarmState';
import { alarmText, combine, countText, mergeAlarms, stripOf, type PatientAlarm } from './alarms';

const alarm = (id: string, since_ms: number, more: Partial<AlarmState> = {}): AlarmState => ({
  id,
  rule: 'limit.spo2.low',
  priority: 'medium',
  text: `text of ${id}`,
  since_ms,
  ended_ms: null,
  acknowledged_by: null,
  silenced_until_ms: null,
  silenced_by: null,
  as_of_ms: since_ms,
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

describe('two states of an alarm', () => {
  const high = alarm('a', 1, { priority: 'high', text: 'SpO2 79 < 80', as_of_ms: 5 });
  const fallen = alarm('a', 1, { priority: 'low', text: 'SpO2 89 < 90', ended_ms: 9, as_of_ms: 9 });

  it('keep the highest priority and the words of it', () => {
    for (const found of [combine(high, fallen), combine(fallen, high)]) expect(found).toEqual({ ...high, ended_ms: 9, as_of_ms: 9 });
    expect(combine({ ...high, silenced_by: 'Bo' }, fallen).silenced_by).toBe('Bo');
    expect(combine(undefined, fallen)).toBe(fallen);
  });

  const by = (acknowledged_by: string | null, as_of_ms: number, more: Partial<AlarmState> = {}): AlarmState =>
    alarm('a', 1, { acknowledged_by, as_of_ms, ...more });
  it.each<[string, AlarmState, AlarmState, { acknowledged_by: string | null; ended_ms: number | null }]>([
    ['an acknowledgement after the archived state', by(null, 3), by('Ada', 7), { acknowledged_by: 'Ada', ended_ms: null }],
    ['an acknowledgement that a rise of the priority ended', by('Ada', 3), by(null, 7), { acknowledged_by: null, ended_ms: null }],
    ['an acknowledgement that was archived after the page lost its stream', by('Ada', 7), by(null, 3), { acknowledged_by: 'Ada', ended_ms: null }],
    ['an end that was archived', by('Ada', 9, { ended_ms: 9 }), by('Ada', 8), { acknowledged_by: 'Ada', ended_ms: 9 }],
    ['an end, acknowledged later', by(null, 9, { ended_ms: 9 }), by('Ada', 11), { acknowledged_by: 'Ada', ended_ms: 9 }],
    ['the live state of equal time', by(null, 7), by('Ada', 7), { acknowledged_by: 'Ada', ended_ms: null }],
  ])('have %s', (_, stored, seen, expected) => expect(combine(stored, seen)).toMatchObject(expected));
});

describe('alarms of the page', () => {
  const bounds = { from: 10, to: 100 };
  const merged = (seen: AlarmState[], stored: AlarmState[], listed: AlarmState[]) => mergeAlarms(seen, stored, listed, bounds, null);

  it('are each there once, with what the newest state of any source knows', () => {
    const seen = [alarm('a', 20), alarm('b', 30), alarm('c', 40), alarm('f', 65, { acknowledged_by: 'Bo', as_of_ms: 70 })];
    const stored = [
      alarm('a', 20, { ended_ms: 25, as_of_ms: 25 }),
      alarm('d', 50, { ended_ms: 55 }),
      alarm('f', 65, { as_of_ms: 66 }),
      alarm('g', 67, { ended_ms: 69, as_of_ms: 69 }),
    ];
    const listed = [
      alarm('b', 30, { acknowledged_by: 'Ada', as_of_ms: 35 }),
      alarm('e', 60, { ended_ms: 70, priority: 'high' }),
      // The stream broke before its end.
      alarm('g', 67, { as_of_ms: 68 }),
    ];
    const found = merged(seen, stored, listed).map(({ id, active, ended_ms, acknowledged_by }) => [id, active, ended_ms, acknowledged_by]);
    expect(found).toEqual([
      ['g', false, 69, null],
      // Acknowledged and ended since the response of the lake.
      ['f', false, null, 'Bo'],
      ['e', false, 70, null],
      ['d', false, 55, null],
      // Ended since, and not archived yet.
      ['c', false, null, null],
      ['b', true, null, 'Ada'],
      ['a', false, 25, null],
    ]);
  });

  it('are last known, not active, without a watch', () => {
    const found = mergeAlarms([], [alarm('a', 20)], [alarm('b', 30), alarm('c', 40, { ended_ms: 50 })], bounds, 60);
    expect(found.map(({ id, active, lastKnownMs }) => [id, active, lastKnownMs])).toEqual([
      ['c', false, null],
      ['b', false, 60],
      ['a', false, null],
    ]);
  });

  it('are those that were seen in the period, if no end is known', () => {
    const all = [9, 10, 100, 101].map((since) => alarm(String(since), since));
    expect(merged([], all, []).map(({ id }) => id)).toEqual(['100', '10']);
  });

  it('are also those that were raised before the period and last in it', () => {
    const listed = [alarm('lasts', 1), alarm('over', 3, { ended_ms: 9 }), alarm('later', 101)];
    const stored = [alarm('ended', 2, { ended_ms: 10 }), alarm('escalated', 4, { as_of_ms: 10 }), alarm('lost', 5, { as_of_ms: 9 })];
    expect(merged([], stored, listed).map(({ id, since_ms, active }) => [id, since_ms, active])).toEqual([
      ['escalated', 4, false],
      ['ended', 2, false],
      ['lasts', 1, true],
    ]);
    const known = (ms: number) => mergeAlarms([], [], [alarm('a', 1)], bounds, ms).map(({ lastKnownMs }) => lastKnownMs);
    // Nobody has seen its end.
    expect(known(9)).toEqual([9]);
  });

  it('are counted by priority', () => {
    const all = merged([], [alarm('a', 20, { priority: 'technical' }), alarm('b', 20), alarm('c', 20, { priority: 'high' }), alarm('d', 20)], []);
    expect(countText(all)).toBe('1 high, 2 medium, 1 technical');
    expect(countText([])).toBe('none');
    expect(all.map(({ id }) => id)).toEqual(['c', 'b', 'd', 'a']);
  });

  it('have words for sign, priority, time and person', () => {
    const shown = (more: Partial<PatientAlarm>): string => alarmText({ ...alarm('a', 1_000), text: 'SpO2 88 < 90', active: false, lastKnownMs: null, ...more }, 'utc');
    const since = '01 Jan 1970, 00:00:01';
    expect(shown({ active: true, priority: 'high' })).toBe(`*** SpO2 88 < 90, high priority, since ${since}`);
    expect(shown({ ended_ms: 5_000, acknowledged_by: 'Ada', silenced_by: 'Bo' })).toBe(
      `** SpO2 88 < 90, medium priority, ${since} – 00:00:05, acknowledged by Ada, silenced by Bo`,
    );
    expect(shown({ lastKnownMs: 9_000 })).toBe(`** SpO2 88 < 90, medium priority, since ${since}, last known at 01 Jan 1970, 00:00:09`);
    expect(shown({ priority: 'technical' })).toBe(`– SpO2 88 < 90, technical priority, ${since}, end not known`);
  });
});
