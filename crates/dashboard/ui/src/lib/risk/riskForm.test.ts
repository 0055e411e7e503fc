import { describe, expect, it } from 'vitest';
import type { ModelFeature } from '../model/ModelDescription';
import { curlLine, parseForm, rangeText, sliderStep, startValues } from './riskForm';

const feature = (part: Partial<ModelFeature>): ModelFeature => ({
  name: 'glucose',
  label: 'Glucose',
  unit: 'mg/dL',
  min: 30,
  max: 600,
  hint: '',
  zero_means_missing: true,
  default: 117,
  ...part,
});

describe('risk form', () => {
  const features = [feature({}), feature({ name: 'bmi', unit: 'kg/m²', min: 10, max: 100, default: 32 })];

  it('opens with the example, and with the default of what the example lacks', () => {
    expect(startValues([...features, feature({ name: 'new', default: 4 })])).toEqual({ glucose: '137', bmi: '43.1', new: '4' });
  });

  it('sends numbers, and judges no range by itself', () => {
    expect(parseForm(features, { glucose: '9000', bmi: ' 30,5 ' })).toEqual({ body: { glucose: 9000, bmi: 30.5 }, errors: {} });
  });

  it('says what can not be sent', () => {
    const { body, errors } = parseForm(features, { glucose: '', bmi: 'tall' });
    expect(body).toEqual({});
    expect(errors).toEqual({ glucose: 'is required: enter a number', bmi: 'must be a number, not "tall"' });
  });

  it('slides by whole numbers, or finely where values are fine', () => {
    expect(sliderStep(feature({}))).toBe(1);
    expect(sliderStep(feature({ name: 'bmi', min: 10, max: 100 }))).toBe(0.1);
    expect(sliderStep(feature({ name: 'diabetes_pedigree_function', min: 0, max: 5 }))).toBe(0.01);
    expect(sliderStep(feature({ step: 0.5 }))).toBe(0.5);
  });

  it('says its range with the unit', () => {
    expect(rangeText(feature({}))).toBe('30 to 600 mg/dL');
    expect(rangeText(feature({ unit: '', min: 0, max: 5 }))).toBe('0 to 5');
  });

  it('is a shell line that can be pasted', () => {
    expect(curlLine('http://127.0.0.1:8080', { age: 33 })).toBe(
      `curl -sS http://127.0.0.1:8080/api/predict -H 'content-type: application/json' -d '{"age":33}'`,
    );
  });
});
