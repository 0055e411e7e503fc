import { describe, expect, it } from 'vitest';
import { chosenVersion, featureLabel, labelled, rankedImportance, rocPoints, setLabel, stateText, type ModelList, type SetKind } from './card';

const version = (name: string, active = false) => ({ version: name, state: 'ready', active });
const list = (active: ModelList['active']): ModelList => ({
  active,
  shadow: null,
  models: [
    { name: 'a', versions: [version('1'), version('2')] },
    { name: 'b', versions: [version('1')] },
  ],
});

describe('models', () => {
  it('shows the version of the address, else the active one, else the first', () => {
    const active = { name: 'b', version: '1' };
    expect(chosenVersion(list(active), 'a/2')).toEqual({ name: 'a', version: '2' });
    expect(chosenVersion(list(active), 'a/9')).toEqual(active);
    expect(chosenVersion(list({ name: 'gone', version: '1' }), null)).toEqual({ name: 'a', version: '1' });
    expect(chosenVersion({ ...list(null), models: [] }, null)).toBeNull();
  });

  it('names the state of a version with its reason or signature', () => {
    expect(stateText({ state: 'refused', reason: 'it is not signed' })).toBe('refused: it is not signed');
    expect(stateText({ state: 'ready', signature: 'valid' })).toBe('ready, signed');
    expect(stateText({ state: 'ready', signature: 'not_checked' })).toBe('ready, signature not checked');
    expect(stateText({ state: 'ready', signature: 'absent' })).toBe('ready');
    expect(stateText({ state: 'unloaded' })).toBe('unloaded');
  });

  it('orders the points of the ROC curve from corner to corner', () => {
    const at = (threshold: number, sensitivity: number, specificity: number) => ({ threshold, sensitivity, specificity, positive_predictive_value: null, negative_predictive_value: null, called: 0 });
    const points = rocPoints([at(0.1, 0.98, 0.375), at(0.5, 0.6, 0.875)]);
    expect(points).toEqual([
      { x: 0, y: 0, threshold: null },
      { x: 0.125, y: 0.6, threshold: 0.5 },
      { x: 0.625, y: 0.98, threshold: 0.1 },
      { x: 1, y: 1, threshold: null },
    ]);
  });

  it('ranks features by importance, also if the model uses none', () => {
    const of = (...values: number[]) => rankedImportance(values.map((mean_contribution, index) => ({ feature: `f${index}`, mean_contribution })));
    expect(of(0.2, 0.8).map(({ feature, share }) => [feature, share])).toEqual([
      ['f1', 1],
      ['f0', 0.25],
    ]);
    expect(of(0, 0).map(({ share }) => share)).toEqual([0, 0]);
    expect(of()).toEqual([]);
  });

  it('labels the points of a curve that have room', () => {
    expect([...labelled([{ x: 0, y: 0 }, { x: 0.3, y: 0.5 }, { x: 0.31, y: 0.54 }, { x: 0.34, y: 0.6 }])]).toEqual([0, 1, 3]);
    expect([...labelled([])]).toEqual([]);
  });

  it('names the outcomes in a set', () => {
    const kinds: SetKind['set'][] = ['no diabetes', 'diabetes', 'both', 'none'];
    expect(kinds.map(setLabel)).toEqual(['{no diabetes}', '{diabetes}', '{no diabetes, diabetes}', '{}']);
  });

  it('names features in words', () => expect(['bmi', 'blood_pressure'].map(featureLabel)).toEqual(['BMI', 'Blood pressure']));
});
