import { expect, it } from 'vitest';
import { measured } from '../testing';
import { breachOf, decimalsOf, limitsByVital, valueText } from './catalog';
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
