import { describe, expect, it } from 'vitest';
import { countBands, matches, readWardFilter, wardQuery, wardsOf } from './wardFilter';
import { patient, scored, unscored } from '../testing';
import { mergeQuery } from '../url/query';

const anyone = { ward: '', text: '', band: '' } as const;

describe('ward filter', () => {
  const one = patient('p-0042', scored(8), { ward: 'B1', bed: '12' });
  it.each([
    [{}, true],
    [{ text: '042' }, true],
    [{ text: 'b1 12' }, true],
    [{ text: 'b1 13' }, false],
    [{ ward: 'B1' }, true],
    [{ ward: 'A3' }, false],
    [{ band: 'high' as const }, true],
    [{ band: 'incomplete' as const }, false],
  ])('%j matches: %s', (part, expected) => {
    expect(matches(one, { ...anyone, ...part })).toBe(expected);
  });

  it('lists wards once and counts bands', () => {
    const list = [one, patient('x', unscored(9), { ward: 'B10' }), patient('y', {}, { ward: 'B2' }), patient('z', {}, { ward: null })];
    expect(wardsOf(list)).toEqual(['B1', 'B2', 'B10']);
    expect(countBands(list)).toEqual({ high: 2, medium: 0, low_medium: 0, low: 2, incomplete: 1, not_applicable: 0 });
  });

  it('finds an incomplete score by its band and as incomplete', () => {
    const bound = patient('x', unscored(12));
    expect((['high', 'incomplete', 'medium'] as const).map((band) => matches(bound, { ...anyone, band }))).toEqual([true, true, false]);
  });

  it('is restored from the address', () => {
    const filter = { ward: 'A 3', text: 'p-00 & co', band: 'low_medium' } as const;
    expect(readWardFilter(new URLSearchParams(mergeQuery('', wardQuery(filter))))).toEqual(filter);
  });

  it('ignores an unknown band', () => expect(readWardFilter(new URLSearchParams('band=purple')).band).toBe(''));
});
