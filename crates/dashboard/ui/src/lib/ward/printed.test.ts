import { expect, it } from 'vitest';
import { patient } from '../testing';
import type { AlarmState } from '../wire/AlarmState';
import { currencyText, filterText, remarkText } from './printed';

it('names the filter', () => {
  expect(filterText({ ward: '', text: '', band: '' })).toBe('all wards');
  expect(filterText({ ward: 'A3', text: 'p-1', band: 'high' })).toBe('ward A3, only High, only “p-1”');
});

it('is live only if a patient is heard', () => {
  expect(currencyText('live', 0, 45)).toBe('live');
  expect(currencyText('live', 1, 45)).toBe('live, without data from 1 patient');
  expect([currencyText('live', 45, 45), currencyText('late', 0, 45)]).toEqual(Array(2).fill('not live: check the age of each value'));
});

it('has the alarms of the watch, their age, and the conditions', () => {
  const alarm: AlarmState = {
    id: 'a', rule: 'limit.spo2.low', priority: 'high', text: 'SpO2 79 < 80', since_ms: 1, ended_ms: null,
    acknowledged_by: 'Ada', silenced_until_ms: null, silenced_by: null, as_of_ms: 1,
  };
  const condition = { kind: 'probe_off', priority: 'technical', text: 'SpO₂ probe off', since_ms: 1 } as const;
  const ill = patient('p', {}, { alarms: [alarm], conditions: [condition] });
  expect(remarkText(ill, '', '')).toBe('*** SpO2 79 < 80, acknowledged by Ada; SpO₂ probe off');
  expect(remarkText(ill, 'No data for 2m', 'last known at 00:01')).toBe('No data for 2m; *** SpO2 79 < 80, acknowledged by Ada; last known at 00:01; SpO₂ probe off');
  expect(remarkText(patient('q'), '', 'last known at 00:01')).toBe('');
});
