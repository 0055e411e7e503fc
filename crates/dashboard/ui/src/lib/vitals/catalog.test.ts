import { expect, it } from 'vitest';
import { measured, patient } from '../testing';
import { breachIn, breachOf, decimalsOf, limitsByVital, valueText } from './catalog';
import type { Limits } from '../wire/Limits';

const rate: Limits = { vital: 'heart_rate', label: 'Heart rate', unit: 'beats/min', low: 50, high: 120, plausible_min: 10, plausible_max: 350, decimals: 0 };

it.each([
  [120, null],
  [121, { side: 'high', sign: '▲', limit: 120 }],
  [50, null],
  [49, { side: 'low', sign: '▼', limit: 50 }],
])('compares %d with the limits', (value, breach) => expect(breachOf(value, rate)).toEqual(breach));

it('finds no breach without a limit', () => {
  expect(breachOf(500, { ...rate, high: null })).toBeNull();
  expect(breachOf(500, undefined)).toBeNull();
});

it("prefers the server's number of decimals", () => {
  expect(decimalsOf('heart_rate', limitsByVital([{ ...rate, decimals: 1 }]))).toBe(1);
  expect(decimalsOf('temperature', {})).toBe(1);
});

it('shows a doubted value as it was sent', () => {
  const doubted = (value: number) => ({ ...measured(value, 0), flagged: true });
  expect([valueText(doubted(0.97), 0), valueText(doubted(28), 0), valueText(doubted(430), 1)]).toEqual(['0.97', '28', '430']);
  expect([valueText(measured(0.97, 0), 0), valueText(undefined, 0)]).toEqual(['1', '–']);
});

it('compares no doubted value with the limits', () => {
  const one = (flagged: boolean) => patient('p', {}, { vitals: { heart_rate: { ...measured(12, 0), flagged } } });
  const known = limitsByVital([rate]);
  expect(breachIn(one(false), 'heart_rate', known)).toEqual({ side: 'low', sign: '▼', limit: 50 });
  expect([breachIn(one(true), 'heart_rate', known), breachIn(one(false), 'spo2', known)]).toEqual([null, null]);
});
