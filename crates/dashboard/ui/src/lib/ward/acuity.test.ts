import { describe, expect, it } from 'vitest';
import { compareAcuity, HOLD_MS, nextOrder } from './acuity';
import { held, measured, patient, scored, unscored } from '../testing';
import type { PatientState } from '../wire/PatientState';

const ids = (list: PatientState[]): string[] => [...list].sort(compareAcuity).map((one) => one.patient_id);
const ward = (...list: PatientState[]): Map<string, PatientState> => new Map(list.map((one) => [one.patient_id, one]));

describe('acuity', () => {
  it('sorts by acuity, and equal scores by patient id', () => {
    expect(ids([patient('p-10', scored(2)), patient('p-9', scored(2)), patient('a', scored(9)), patient('b', scored(5))])).toEqual([
      'a',
      'b',
      'p-9',
      'p-10',
    ]);
  });

  it('ranks three in one part above a higher total of small parts', () => {
    const three = patient('three', { total: 3, partial: 3, band: 'low_medium' });
    expect(ids([patient('four', scored(4)), three])).toEqual(['three', 'four']);
  });

  it('never ranks an incomplete score below the band it has already reached', () => {
    expect(ids([patient('full', scored(6)), patient('part', unscored(7)), patient('well', scored(1))])).toEqual(['part', 'full', 'well']);
    expect(ids([patient('full', scored(1)), patient('part', unscored(1))])).toEqual(['part', 'full']);
    expect(ids([patient('full', scored(6)), patient('expired', held(0, 'high'))])).toEqual(['expired', 'full']);
  });

  it('ranks a child by the limits of the age', () => {
    const child = (id: string, rate: number): PatientState =>
      patient(id, { total: null, band: null, rank: null, not_applicable: 'under16' }, { limits: { heart_rate: { low: 81, high: 169 } }, vitals: { heart_rate: measured(rate, 0) } });
    expect(ids([child('well', 150), child('slow', 62), patient('adult', scored(4)), patient('urgent', scored(6))])).toEqual(['urgent', 'slow', 'well', 'adult']);
  });

  it('ranks a condition of high priority above every score', () => {
    const lost = { kind: 'signals_lost', priority: 'high', text: 'all signals lost, HR 20 before', since_ms: 1 } as const;
    expect(ids([patient('full', scored(20)), patient('lost', unscored(3), { conditions: [lost] })])).toEqual(['lost', 'full']);
  });
});

describe('order of the tiles', () => {
  const start = nextOrder(null, ward(patient('a', scored(2)), patient('b', scored(1))), 0);

  it('holds against noise, then follows', () => {
    const later = ward(patient('a', scored(1)), patient('b', scored(2)));
    expect(nextOrder(start, later, HOLD_MS - 1).ids).toEqual(['a', 'b']);
    expect(nextOrder(start, later, HOLD_MS).ids).toEqual(['b', 'a']);
  });

  it('follows at once when a patient reaches a higher band, arrives or leaves', () => {
    expect(nextOrder(start, ward(patient('a', scored(2)), patient('b', scored(5))), 1).ids).toEqual(['b', 'a']);
    expect(nextOrder(start, ward(patient('a', scored(2)), patient('b'), patient('c')), 1).ids).toEqual(['a', 'b', 'c']);
    expect(nextOrder(start, ward(patient('b')), 1).ids).toEqual(['b']);
  });

  it('returns the same list if no tile moved, so that nothing is rendered again', () => {
    expect(nextOrder(start, ward(patient('a', scored(2)), patient('b', scored(1))), HOLD_MS).ids).toBe(start.ids);
  });
});
