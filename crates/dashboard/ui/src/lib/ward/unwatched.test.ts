import { expect, it } from 'vitest';
import { patient } from '../testing';
import { unwatchedOf } from './unwatched';

it('counts the patients whom no watch judges, since the first of them', () => {
  const of = (...times: (number | null)[]) => unwatchedOf(times.map((unwatched_since_ms, index) => patient(`p-${index}`, {}, { unwatched_since_ms })));
  expect([of(), of(null)]).toEqual([null, null]);
  expect(of(null, 9, 7)).toEqual({ count: 2, sinceMs: 7 });
  expect(of(0)).toEqual({ count: 1, sinceMs: 0 });
});
