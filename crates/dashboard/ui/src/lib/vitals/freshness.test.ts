import { describe, expect, it } from 'vitest';
import { freshness } from './freshness';
import { measured } from '../testing';
import type { VitalName } from '../wire/VitalName';

const NOW = 1_763_812_800_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('freshness', () => {
  it.each<[VitalName, number, string]>([
    ['heart_rate', 10 * SECOND, 'fresh'],
    ['heart_rate', 10 * SECOND + 1, 'stale'],
    ['spo2', 11 * SECOND, 'stale'],
    ['respiratory_rate', 9 * SECOND, 'fresh'],
    ['systolic', 30 * MINUTE, 'fresh'],
    ['diastolic', 30 * MINUTE + 1, 'stale'],
    ['temperature', 5 * 60 * MINUTE, 'fresh'],
    ['temperature', 5 * 60 * MINUTE + 1, 'stale'],
  ])('%s measured %d ms ago is %s', (vital, ms, expected) => {
    expect(freshness(vital, measured(1, NOW - ms), NOW)).toBe(expected);
  });

  it('a vital without a measurement is absent', () => expect(freshness('spo2', undefined, NOW)).toBe('absent'));
});
