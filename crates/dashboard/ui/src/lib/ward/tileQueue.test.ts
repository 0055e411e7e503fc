import { describe, expect, it } from 'vitest';
import { advance, isBehind, pruned, withStates, type Displayed } from './tileQueue';
import { patient, scored } from '../testing';
import type { PatientState } from '../wire/PatientState';

/** A screen of 48 patients whose readings arrived at a time. */
const screen = (arrivalMs: number): PatientState[] =>
  Array.from({ length: 48 }, (_, bed) => patient(`p-${bed}`, {}, { last_arrival_ms: arrivalMs }));
const displayed = (patients: readonly PatientState[]): Displayed => withStates(new Map(), patients);

describe('the tiles of a screen', () => {
  it('change a few at a time, and all of them within some frames', () => {
    const near = screen(2);
    let shown = displayed(screen(1));
    let frames = 0;
    while (near.some((one) => isBehind(shown, one))) {
      const step = advance(shown, near);
      expect(step.changed.length).toBeLessThanOrEqual(6);
      shown = step.displayed;
      frames += 1;
    }
    expect(frames).toBeLessThanOrEqual(12);
    expect([...shown.values()]).toEqual(near);
    expect(advance(shown, near).changed).toEqual([]);
  });

  it('change in turns if every patient changes again before each frame', () => {
    let shown = displayed(screen(1));
    for (let frame = 2; frame < 12; frame += 1) shown = advance(shown, screen(frame)).displayed;
    // The oldest displayed state is no older than eight frames.
    expect(Math.min(...[...shown.values()].map((one) => one.last_arrival_ms))).toBeGreaterThanOrEqual(11 - 8);
  });

  it('show a rise of the rank first', () => {
    const near = [...screen(2).slice(0, 47), patient('p-47', scored(9), { last_arrival_ms: 2 })];
    const last = patient('p-47', {}, { last_arrival_ms: 2 });
    const { changed } = advance(displayed([...screen(1).slice(0, 47), last]), near);
    expect(changed[0]?.patient_id).toBe('p-47');
  });

  it('have no tile for a patient without one', () => {
    const [first, ...others] = screen(1);
    const step = advance(displayed(others), screen(2));
    expect(step.displayed.has(first?.patient_id ?? '')).toBe(false);
  });

  it('forget the state of a patient who is no longer near', () => {
    const shown = displayed(screen(1));
    expect([...pruned(shown, screen(2).slice(0, 2)).keys()]).toEqual(['p-0', 'p-1']);
    expect(pruned(shown, screen(2))).toBe(shown);
  });
});
