import { describe, expect, it } from 'vitest';
import type { PredictionSet } from '../wire/model/PredictionSet';
import { observedText, outcomesText, promiseText } from './predictionSet';

const set = (outcomes: number[], rows: number, with_diabetes: number): PredictionSet => ({
  confidence: 0.9,
  outcomes,
  p_value_negative: 0.5,
  p_value_positive: 0.5,
  meaning: '',
  observed: { rows, with_diabetes },
  guarantee: '',
});

describe('prediction set', () => {
  it('names its outcomes, and an empty set claims none', () => {
    expect(outcomesText(set([0], 1, 0))).toBe('no diabetes');
    expect(outcomesText(set([1], 1, 1))).toBe('diabetes');
    expect(outcomesText(set([0, 1], 1, 1))).toBe('diabetes or no diabetes');
    expect(outcomesText(set([], 1, 1))).toBe('neither outcome');
  });

  it('says how often this kind of set was right', () => {
    expect(observedText(set([0], 300, 27))).toBe(
      'Of the 300 women in the training data with this kind of set, 27 (9 %) developed diabetes; the set was wrong for them.',
    );
    expect(observedText(set([1], 200, 148))).toBe(
      'Of the 200 women in the training data with this kind of set, 148 (74 %) developed diabetes; the set was wrong for the other 52.',
    );
    expect(observedText(set([0, 1], 268, 93))).toBe(
      'Of the 268 women in the training data with this kind of set, 93 (35 %) developed diabetes.',
    );
    expect(observedText(set([], 1, 1))).toBe('Of the one woman in the training data with this kind of set, 1 (100 %) developed diabetes.');
    expect(observedText(set([], 0, 0))).toBe('No woman in the training data got this kind of set.');
  });

  it('promises nothing about one kind of set', () => {
    expect(promiseText(set([1], 1, 1))).toContain('About 90 % of all sets');
    expect(promiseText(set([1], 1, 1))).toContain('does not hold among the sets of one kind');
  });
});
