import { describe, expect, it } from 'vitest';
import type { FeatureDescription } from '../wire/model/FeatureDescription';
import { curlLine, parseForm, rangeText, startValues } from './riskForm';

const feature = (part: Partial<FeatureDescription>): FeatureDescription => ({
  name: 'glucose',
  label: 'Glucose',
  unit: 'mg/dL',
  min: 30,
  max: 600,
  step: 1,
  hint: '',
  zero_means_missing: true,
  default: 117,
  ...part,
});

describe('risk form', () => {
  const features = [feature({}), feature({ name: 'bmi', unit: 'kg/m²', min: 10, max: 100, default: 32 })];

  it('starts with the example, and with defaults for other features', () => {
    expect(startValues([...features, feature({ name: 'new', default: 4 })])).toEqual({ glucose: '137', bmi: '43.1', new: '4' });
  });

  it('sends numbers without validating their range', () => {
    expect(parseForm(features, { glucose: '9000', bmi: ' 30,5 ' })).toEqual({ body: { glucose: 9000, bmi: 30.5 }, errors: {} });
  });

  it('rejects unparsable input', () => {
    const { body, errors } = parseForm(features, { glucose: '', bmi: 'tall' });
    expect(body).toEqual({});
    expect(errors).toEqual({ glucose: 'is required: enter a number', bmi: 'must be a number in digits, not "tall"' });
  });

  it('asks about input with two meanings, and sends nothing else than digits', () => {
    const { body, errors } = parseForm(features, { glucose: '1,200', bmi: '0x1F' });
    expect(body).toEqual({});
    expect(Object.keys(errors)).toEqual(['glucose', 'bmi']);
  });

  it('shows the range with its unit', () => {
    expect(rangeText(feature({}))).toBe('30 to 600 mg/dL');
    expect(rangeText(feature({ unit: '', min: 0, max: 5 }))).toBe('0 to 5');
  });

  it('becomes a curl command', () => {
    expect(curlLine('http://127.0.0.1:8080', { age: 33 })).toBe(
      `curl -sS http://127.0.0.1:8080/api/predict -H 'content-type: application/json' -d '{"age":33}'`,
    );
  });
});
