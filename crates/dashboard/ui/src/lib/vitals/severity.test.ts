import { describe, expect, it } from 'vitest';
import { limitsByVital } from './catalog';
import { reasons, severityOf } from './severity';
import { measured, patient, scored } from '../testing';
import type { News2Part } from '../wire/News2Part';
import type { PatientState } from '../wire/PatientState';

const part = (name: News2Part['name'], score: number | null, vital: News2Part['vital']): News2Part => ({ name, score, time_ms: 0, vital });
const limits = limitsByVital([
  { vital: 'spo2', label: 'SpO2', unit: '%', low: 90, high: null, plausible_min: 30, plausible_max: 100, decimals: 0 },
  { vital: 'heart_rate', label: 'HR', unit: '/min', low: 50, high: 120, plausible_min: 10, plausible_max: 350, decimals: 0 },
]);
const one = (parts: News2Part[], vitals: PatientState['vitals']): PatientState => patient('a', { ...scored(7), parts }, { vitals });

describe('severity of a value', () => {
  it('is that of its part, whatever the limits say', () => {
    const ninety = one([part('spo2', 3, 'spo2')], { spo2: measured(90, 0) });
    expect(severityOf(ninety, 'spo2', null)).toBe('severe');
    const breach = { side: 'high', sign: '▲', limit: 80 } as const;
    expect(severityOf(one([part('pulse', 0, 'heart_rate')], {}), 'heart_rate', breach)).toBe('none');
    expect(severityOf(one([part('pulse', 1, 'heart_rate')], {}), 'heart_rate', breach)).toBe('mild');
  });

  it('is judged by the limits without a score of the vital', () => {
    const breach = { side: 'high', sign: '▲', limit: 80 } as const;
    expect(severityOf(one([part('pulse', null, 'heart_rate')], {}), 'heart_rate', breach)).toBe('notable');
    expect(severityOf(one([part('pulse', 3, 'pulse')], {}), 'heart_rate', null)).toBe('none');
    expect(severityOf(one([], {}), 'diastolic', breach)).toBe('notable');
  });

  it('explains an escalation by values and limits, the worst first', () => {
    const ill = one([part('spo2', 3, 'spo2'), part('pulse', 2, 'heart_rate')], { heart_rate: measured(128, 0), spo2: measured(84, 0) });
    expect(reasons(ill, limits)).toEqual(['SpO₂ 84 % < 90', 'HR 128 /min > 120']);
    expect(reasons(one([part('spo2', 3, 'spo2')], { spo2: measured(91, 0) }), limits)).toEqual(['SpO₂ 91 % scores 3']);
  });
});

it('names a doubted value as it was sent', () => {
  const fraction = one([part('spo2', null, 'spo2'), part('pulse', 3, 'heart_rate')], { spo2: { ...measured(0.97, 0), flagged: true }, heart_rate: measured(134, 0) });
  expect(reasons(fraction, limits)).toEqual(['HR 134 /min > 120', 'SpO₂ 0.97 % doubted']);
});

it('explains an escalation by oxygen and consciousness, too', () => {
  const drowsy = patient('x', { parts: [{ name: 'consciousness', score: 3, time_ms: 0, vital: null }, { name: 'air_or_oxygen', score: 2, time_ms: 0, vital: null }] });
  expect(reasons(drowsy, limitsByVital([]))).toEqual(['Consciousness scores 3', 'Air or oxygen scores 2']);
});
