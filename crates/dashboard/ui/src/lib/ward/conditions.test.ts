import { expect, it } from 'vitest';
import { clockText, conditionsOf } from './conditions';
import { patient } from '../testing';

const device = (clock_offset_ms: number | null, device_id: string | null = 'mon-1') => ({ device_id, last_arrival_ms: 0, clock_offset_ms });

it.each([
  [-240_000, 'mon-1: clock 4 min ahead'],
  [-239_600, 'mon-1: clock 4 min ahead'],
  [7_200_000, 'mon-1: clock 2 h behind'],
  [-7_199_000, 'mon-1: clock 2 h ahead'],
  [null, null],
])('an offset of %s ms is "%s"', (offset, text) => expect(clockText(device(offset))).toBe(text));

it('lists the conditions, then the wrong clocks', () => {
  const condition = { kind: 'probe_off', priority: 'technical', text: 'SpO₂ probe off', since_ms: 1 } as const;
  const one = patient('p', {}, { conditions: [condition], devices: [device(null), device(-6_000, null)] });
  expect(conditionsOf(one).map((shown) => shown.text)).toEqual(['SpO₂ probe off', 'monitor: clock 6 s ahead']);
});
