import { describe, expect, it } from 'vitest';
import { FALL_MS, nextOrder, RISE_MS, type Order } from './acuity';
import { held, measured, patient, scored, unscored } from '../testing';
import type { PatientState } from '../wire/PatientState';

const ward = (...list: PatientState[]): Map<string, PatientState> => new Map(list.map((one) => [one.patient_id, one]));
const ids = (list: PatientState[]): string[] => nextOrder(null, ward(...list), 0).ids;
/** A patient whom no watch judges. */
const inBed = (bed: string, total: number): PatientState => patient(`p${bed}`, scored(total), { bed, unwatched_since_ms: 1 });

describe('acuity', () => {
  it('sorts by band, then by ward, bed and patient id', () => {
    expect(ids([inBed('10', 2), inBed('9', 4), inBed('12', 9), inBed('11', 5), inBed('2', 6)])).toEqual(['p12', 'p2', 'p11', 'p9', 'p10']);
    expect(ids([patient('b', scored(0), { ward: 'B' }), patient('p-10', scored(2)), patient('p-9', scored(3))])).toEqual(['p-9', 'p-10', 'b']);
  });

  it('ranks three in one part above a higher total of small parts', () => {
    const three = patient('three', { total: 3, partial: 3, band: 'low_medium' });
    expect(ids([patient('four', scored(4)), three])).toEqual(['three', 'four']);
  });

  it('never ranks an incomplete score below the band it has already reached', () => {
    expect(ids([patient('full', scored(6)), patient('part', unscored(7)), patient('well', scored(1))])).toEqual(['part', 'full', 'well']);
    expect(ids([patient('full', scored(6)), patient('expired', held(0, 'high'))])).toEqual(['expired', 'full']);
  });

  it('ranks a child by the limits of the age', () => {
    const child = (id: string, rate: number): PatientState =>
      patient(id, { total: null, band: null, rank: null, not_applicable: 'under16' }, { limits: { heart_rate: { low: 81, high: 169 } }, vitals: { heart_rate: measured(rate, 0) } });
    expect(ids([child('well', 150), child('slow', 62), patient('adult', scored(4)), patient('urgent', scored(6))])).toEqual(['slow', 'urgent', 'well', 'adult']);
  });

  it('ranks a condition of high priority above every score', () => {
    const lost = { kind: 'signals_lost', priority: 'high', text: 'all signals lost, HR 20 before', since_ms: 1 } as const;
    expect(ids([patient('full', scored(20)), patient('lost', unscored(3), { conditions: [lost] })])).toEqual(['lost', 'full']);
  });
});

describe('order of the tiles', () => {
  /** Applies the scores of patients in the beds 1 to n, one set a second. Returns the number of changes of the order. */
  function changes(scores: number[][], start: Order | null = null): { count: number; order: Order } {
    let order = start ?? nextOrder(null, ward(), 0);
    let count = 0;
    scores.forEach((row, second) => {
      const next = nextOrder(order, ward(...row.map((total, bed) => inBed(String(bed + 1), total))), second * 1_000);
      if (second > 0 && next.ids.join() !== order.ids.join()) count += 1;
      order = next;
    });
    return { count, order };
  }

  it('does not change with the score inside a band', () => {
    expect(changes(Array.from({ length: 600 }, (_, second) => [second % 5, (second * 3) % 5, 0])).count).toBe(0);
  });

  it('does not follow values around the edge of a band', () => {
    const noise = Array.from({ length: 900 }, (_, second) => [3, second % 7 < 3 ? 5 : 4]);
    expect(changes(noise).count).toBe(0);
    const aroundHigh = Array.from({ length: 900 }, (_, second) => [3, second % 7 < 3 ? 7 : 6]);
    expect(changes(aroundHigh).count).toBe(0);
  });

  it('follows a rise to High at once, another rise after minutes, a fall later', () => {
    let order = nextOrder(null, ward(inBed('1', 0), inBed('2', 0)), 0);
    order = nextOrder(order, ward(inBed('1', 0), inBed('2', 7)), 1_000);
    expect(order.ids).toEqual(['p2', 'p1']);
    order = nextOrder(order, ward(inBed('1', 5), inBed('2', 0)), 2_000);
    order = nextOrder(order, ward(inBed('1', 5), inBed('2', 0)), 2_000 + FALL_MS - 1);
    expect(order.ids).toEqual(['p2', 'p1']);
    order = nextOrder(order, ward(inBed('1', 5), inBed('2', 0)), 2_000 + FALL_MS);
    expect(order.ids).toEqual(['p1', 'p2']);
    order = nextOrder(order, ward(inBed('1', 5), inBed('2', 5), inBed('3', 0)), 1_000_000);
    order = nextOrder(order, ward(inBed('1', 5), inBed('2', 5), inBed('3', 5)), 1_001_000);
    expect(order.entries.get('p3')?.steady.rank).toBe(1);
    order = nextOrder(order, ward(inBed('1', 5), inBed('2', 5), inBed('3', 6)), 1_001_000 + RISE_MS);
    expect(order.entries.get('p3')?.steady.rank).toBe(3);
  });

  it('follows the band of a watch at once, which has its own delays', () => {
    const watched = (bed: string, total: number): PatientState => ({ ...inBed(bed, total), unwatched_since_ms: null });
    let order = nextOrder(null, ward(watched('1', 0), watched('2', 9)), 0);
    expect(order.ids).toEqual(['p2', 'p1']);
    order = nextOrder(order, ward(watched('1', 0), watched('2', 0)), 1_000);
    expect(order.ids).toEqual(['p1', 'p2']);
    order = nextOrder(order, ward(watched('1', 0), watched('2', 5)), 2_000);
    expect(order.ids).toEqual(['p2', 'p1']);
  });

  it('keeps a condition that comes and goes first', () => {
    const lost = { kind: 'signals_lost', priority: 'high', text: 'all signals lost, HR 20 before', since_ms: 1 } as const;
    const second = (conditions: PatientState['conditions']): PatientState => ({ ...inBed('2', 0), unwatched_since_ms: null, conditions });
    let order = nextOrder(null, ward(inBed('1', 0), second([lost])), 0);
    order = nextOrder(order, ward(inBed('1', 0), second([])), 1_000);
    expect(order.ids).toEqual(['p2', 'p1']);
  });

  it('holds while a tile is pointed at, and then follows', () => {
    const start = nextOrder(null, ward(inBed('1', 0), inBed('2', 0)), 0);
    const later = ward(inBed('0', 9), inBed('1', 0), inBed('2', 8));
    const kept = nextOrder(start, later, 1_000, true);
    expect(kept.ids).toEqual(['p1', 'p2', 'p0']);
    expect(nextOrder(kept, later, 2_000, true).ids).toBe(kept.ids);
    const freed = nextOrder(kept, later, 3_000);
    expect(freed.ids).toEqual(['p0', 'p2', 'p1']);
    expect(nextOrder(freed, ward(inBed('2', 8)), 4_000, true).ids).toEqual(['p2']);
  });

  it('returns the same list if no tile moved, so that nothing is rendered again', () => {
    const start = nextOrder(null, ward(inBed('1', 0), inBed('2', 0)), 0);
    expect(nextOrder(start, ward(inBed('1', 1), inBed('2', 2)), 5_000).ids).toBe(start.ids);
    expect(nextOrder(start, ward(inBed('1', 1), inBed('2', 2)), 5_000, true).ids).toBe(start.ids);
  });
});
