import { describe, expect, it } from 'vitest';
import { compareAcuity, countBands, HOLD_MS, matches, nextOrder, wardsOf } from './acuity';
import { patient, scored, unscored } from '../testing';
import type { PatientState } from '../wire/PatientState';

const ids = (list: PatientState[]): string[] => [...list].sort(compareAcuity).map((one) => one.patient_id);
const ward = (...list: PatientState[]): Map<string, PatientState> => new Map(list.map((one) => [one.patient_id, one]));
const anyone = { ward: '', text: '', band: '' } as const;

describe('acuity', () => {
  it('puts the sickest first and equals in the order of their numbers', () => {
    expect(ids([patient('p-10', scored(2)), patient('p-9', scored(2)), patient('a', scored(9)), patient('b', scored(5))])).toEqual([
      'a',
      'b',
      'p-9',
      'p-10',
    ]);
  });

  it('puts three in one part above a higher total of small parts', () => {
    const three = patient('three', { total: 3, partial: 3, band: 'low_medium' });
    expect(ids([patient('four', scored(4)), three])).toEqual(['three', 'four']);
  });

  it('never puts an incomplete score below the band it has reached already', () => {
    expect(ids([patient('full', scored(6)), patient('part', unscored(7)), patient('well', scored(1))])).toEqual(['part', 'full', 'well']);
    expect(ids([patient('full', scored(1)), patient('part', unscored(1))])).toEqual(['part', 'full']);
  });
});

describe('filter', () => {
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
    expect(countBands(list)).toEqual({ high: 1, medium: 0, low_medium: 0, low: 2, incomplete: 1 });
  });
});

describe('order on screen', () => {
  const start = nextOrder(null, ward(patient('a', scored(2)), patient('b', scored(1))), 0);

  it('holds for a while against noise, then follows', () => {
    const later = ward(patient('a', scored(1)), patient('b', scored(2)));
    expect(nextOrder(start, later, HOLD_MS - 1).ids).toEqual(['a', 'b']);
    expect(nextOrder(start, later, HOLD_MS).ids).toEqual(['b', 'a']);
  });

  it('follows at once when somebody reaches a higher band, comes or leaves', () => {
    expect(nextOrder(start, ward(patient('a', scored(2)), patient('b', scored(5))), 1).ids).toEqual(['b', 'a']);
    expect(nextOrder(start, ward(patient('a', scored(2)), patient('b'), patient('c')), 1).ids).toEqual(['a', 'b', 'c']);
    expect(nextOrder(start, ward(patient('b')), 1).ids).toEqual(['b']);
  });

  it('keeps the very list when nothing moved, so that nothing is drawn anew', () => {
    expect(nextOrder(start, ward(patient('a', scored(2)), patient('b', scored(1))), HOLD_MS).ids).toBe(start.ids);
  });
});
