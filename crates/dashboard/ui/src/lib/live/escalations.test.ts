import { describe, expect, it } from 'vitest';
import { EscalationFinder } from './escalations';
import { patient, scored, unscored } from '../testing';
import type { PatientState } from '../wire/PatientState';

describe('escalations', () => {
  const before = new Map([
    ['a', patient('a', scored(2))],
    ['b', patient('b', scored(8))],
    ['c', patient('c', unscored(7))],
    ['d', patient('d', unscored(2))],
  ]);
  const found = (...changed: PatientState[]): string[] =>
    new EscalationFinder().inUpdate(before, changed, 5).map(({ patient: one, high }) => `${one.patient_id}${high ? ' high' : ''}`);

  it('are each patient who rises to an urgent band, once', () => {
    expect(found(patient('a', scored(7)))).toEqual(['a high']);
    expect(found(patient('a', scored(5)))).toEqual(['a']);
    expect(found(patient('b', scored(9)))).toEqual([]);
    expect(found(patient('c', scored(8)))).toEqual([]);
    expect(found(patient('a', scored(4)))).toEqual([]);
  });

  it('are a lower bound that reaches an urgent band, and a patient who arrives in one', () => {
    expect(found(patient('d', unscored(12)))).toEqual(['d high']);
    expect(found(patient('new', scored(9)), patient('well', scored(1)))).toEqual(['new high']);
  });

  it('are a condition of high priority, of a patient in the highest band too', () => {
    const lost = { kind: 'signals_lost', priority: 'high', text: 'all signals lost, HR 20 before', since_ms: 1 } as const;
    expect(found(patient('b', scored(8), { conditions: [lost] }))).toEqual(['b high']);
    expect(found(patient('d', unscored(0), { conditions: [lost] }))).toEqual(['d high']);
  });

  it('have the time of the event, not that of its arrival', () => {
    expect(new EscalationFinder().inUpdate(before, [patient('a', scored(7))], 5)).toMatchObject([{ atMs: 5 }]);
    expect(new EscalationFinder().inSnapshot(before, [patient('a', scored(7))], 6)).toMatchObject([{ atMs: 6 }]);
  });

  it('are not those that a restarted server learns again', () => {
    const finder = new EscalationFinder();
    const high = patient('b', scored(8));
    finder.reopened();
    expect(finder.inSnapshot(before, [], 1)).toEqual([]);
    expect(finder.inUpdate(new Map(), [patient('b', unscored(2))], 2)).toEqual([]);
    expect(finder.inUpdate(new Map(), [high], 3)).toEqual([]);
    // A second restart, before everything is known again.
    finder.reopened();
    expect(finder.inSnapshot(new Map(), [high], 4)).toEqual([]);
    expect(finder.inUpdate(new Map(), [patient('a', scored(7)), patient('new', scored(7))], 5).map((one) => one.patient.patient_id)).toEqual(['a', 'new']);
    finder.restored();
    expect(finder.inUpdate(new Map([['b', patient('b', scored(0))]]), [high], 6)).toHaveLength(1);
  });

  it('are all known again after a stream of the same server was opened again', () => {
    const finder = new EscalationFinder();
    finder.reopened();
    expect(finder.inSnapshot(before, [patient('a', scored(9)), patient('b', scored(8))], 1).map((one) => one.patient.patient_id)).toEqual(['a']);
  });
});
