import { describe, expect, it } from 'vitest';
import { bandFloor, bandKey, scoreSentence, scoreText } from './news2';
import { patient, scored, unscored } from '../testing';

const state = (news2: Parameters<typeof patient>[1]) => patient('x', news2).news2;

describe('NEWS2 display', () => {
  it('shows a partial sum as a lower bound, never as a total', () => {
    const partial = state({ ...unscored(3), parts: [{ name: 'consciousness', score: null }, { name: 'spo2', score: 3 }] });
    expect(scoreText(partial)).toBe('≥3');
    expect(bandKey(partial)).toBe('incomplete');
    expect(scoreSentence(partial)).toBe('NEWS2 incomplete, at least 3; missing: consciousness');
  });

  it('shows the total and its band if complete', () => {
    expect(scoreText(state(scored(8)))).toBe('8');
    expect(scoreSentence(state(scored(8)))).toBe('NEWS2 8, high');
  });

  it.each([
    [7, 'high'],
    [5, 'medium'],
    [4, 'low'],
  ])('a partial sum of %d is at least %s', (partial, band) => {
    expect(bandFloor(state(unscored(partial)))).toBe(band);
  });

  it('a single part of three is at least low-medium', () => {
    expect(bandFloor(state({ ...unscored(3), parts: [{ name: 'spo2', score: 3 }] }))).toBe('low_medium');
  });
});
