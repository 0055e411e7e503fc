import { describe, expect, it } from 'vitest';
import { BANDS, bandKey, bandText, isIncomplete, responseText, scoreSentence, scoreText } from './news2';
import { held, patient, scored, unscored } from '../testing';
import type { News2Part } from '../wire/News2Part';

const state = (news2: Parameters<typeof patient>[1]) => patient('x', news2).news2;
const part = (name: News2Part['name'], score: number | null): News2Part => ({ name, score, time_ms: null, vital: null });

describe('NEWS2 display', () => {
  it('shows a partial sum as a lower bound, never as a total', () => {
    const partial = state({ ...unscored(3), parts: [part('consciousness', null), part('spo2', 3)] });
    expect(scoreText(partial)).toBe('≥3');
    expect(scoreSentence(partial)).toBe('NEWS2 incomplete, at least 3; missing: consciousness');
  });

  it('shows the total and its band if complete', () => {
    expect(scoreText(state(scored(8)))).toBe('8');
    expect(scoreSentence(state(scored(8)))).toBe('NEWS2 8, high');
  });

  it.each([
    [12, 'high'],
    [7, 'high'],
    [5, 'medium'],
    [4, 'incomplete'],
  ])('a partial sum of %d is coloured and counted as %s, with incomplete as a second mark', (partial, band) => {
    expect(bandKey(state(unscored(partial)))).toBe(band);
    expect(isIncomplete(state(unscored(partial)))).toBe(true);
  });

  it('keeps the rank of expired parts', () => {
    const news2 = state({ ...held(3, 'high'), parts: [part('spo2', null)] });
    expect([scoreText(news2), bandKey(news2)]).toEqual(['≥3', 'high']);
    expect(scoreSentence(news2)).toBe('NEWS2 incomplete, at least 3, high by its last known values; missing: oxygen saturation');
  });

  it.each([
    [6, 'high', 'held', 'held High', 'NEWS2 6, medium (held at high until another band has lasted)'],
    [8, 'low', 'held', 'held Low', 'NEWS2 8, high (held at low until another band has lasted)'],
    [3, 'high', 'condition', 'raised High', 'NEWS2 3, low (raised to high by a condition)'],
    [8, 'high', 'inputs', 'High', 'NEWS2 8, high'],
  ] as const)('names the band of a score of %d and the one that is displayed', (total, band, basis, text, sentence) => {
    const news2 = state({ ...scored(total), rank: { band, basis, as_of_ms: null } });
    expect([bandText(news2), scoreSentence(news2)]).toEqual([text, sentence]);
    // Neither a fall nor a rise that must last first hides the more urgent response.
    expect(responseText(news2)).toBe(BANDS.high.response);
  });

  it('marks the held band of a lower bound', () => {
    const news2 = state({ ...unscored(5), band: 'medium', rank: { band: 'low', basis: 'held', as_of_ms: null }, parts: [part('spo2', null)] });
    expect([scoreText(news2), bandText(news2)]).toEqual(['≥5', 'held Low']);
    expect(scoreSentence(news2)).toBe('NEWS2 incomplete, at least 5, held at low until another band has lasted; missing: oxygen saturation');
    expect(bandText(state({ ...unscored(2), band: null }))).toBe('Incomplete');
  });

  it('has no band where NEWS2 does not apply', () => {
    const news2 = state({ total: null, band: null, rank: null, not_applicable: 'under16' });
    expect([scoreText(news2), bandKey(news2), isIncomplete(news2)]).toEqual(['–', 'not_applicable', false]);
    expect(scoreSentence(news2)).toBe('NEWS2 does not apply: under 16');
  });
});
