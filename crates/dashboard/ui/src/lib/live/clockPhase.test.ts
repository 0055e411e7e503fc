import { describe, expect, it } from 'vitest';
import { CLOCK_PHASES, clockPhase, PHASE_MS } from './clockPhase';

const ids = Array.from({ length: 40 }, (_, number) => `p-${number}`);

/** Time from the arrival of a reading until the group's next update ends, ms. */
function delay(id: string, arrivalMs: number): number {
  const end = (clockPhase(id, arrivalMs) + 1) * PHASE_MS;
  return (((end - arrivalMs) % 1_000) + 1_000) % 1_000;
}

describe('the group of a tile', () => {
  it('is updated while a reading is younger than a second, whenever it arrives', () => {
    for (const id of ids) {
      for (let arrival = 0; arrival < 1_000; arrival += 7) {
        expect(delay(id, 1_790_000_000_000 + arrival)).toBeGreaterThan(200);
        expect(delay(id, 1_790_000_000_000 + arrival)).toBeLessThan(700);
      }
    }
  });

  it('is one of several for readings that arrive together', () => {
    const groups = new Map<number, number>();
    for (const id of ids) {
      const phase = clockPhase(id, 5_000);
      expect(phase).toBeLessThan(CLOCK_PHASES);
      groups.set(phase, (groups.get(phase) ?? 0) + 1);
    }
    expect(Math.max(...groups.values())).toBeLessThan(ids.length / 3);
  });
});
