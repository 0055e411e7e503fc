import { describe, expect, it } from 'vitest';
import type { PredictResponse } from '../wire/model/PredictResponse';
import { additivityGap, layout, logit, sigmoid, stepsOf, usedText } from './waterfall';

const part = (feature: string, contribution: number) => ({ feature, value: 1, used_value: 1, imputed: false, contribution });
const prediction: PredictResponse = {
  prediction: 0,
  probability: sigmoid(-0.4),
  risk_level: 'medium',
  threshold: 0.5,
  log_odds: -0.4,
  base_value: -0.9,
  contributions: [part('age', 0.1), part('bmi', -0.6), part('glucose', 1)],
  not_measured: [],
  usable: true,
  warnings: [],
  model: 'logistic',
  model_version: '1',
  request_id: '0',
};

describe('waterfall', () => {
  const steps = stepsOf(prediction);

  it('leads from the base value to the score, largest contribution first', () => {
    expect(steps.map((step) => step.contribution.feature)).toEqual(['glucose', 'bmi', 'age']);
    expect(steps[0]?.from).toBe(-0.9);
    expect(steps.at(-1)?.to).toBeCloseTo(-0.4, 12);
    steps.slice(1).forEach((step, index) => expect(step.from).toBe(steps[index]?.to));
  });

  it('detects contributions that do not add up', () => {
    expect(additivityGap(prediction)).toBeLessThan(1e-9);
    expect(additivityGap({ ...prediction, log_odds: 0 })).toBeCloseTo(0.4, 9);
  });

  it('keeps every bar inside the axis and probability ticks apart', () => {
    const { x, probabilities } = layout(prediction, steps, 100, 700);
    for (const step of steps) expect([x(step.from), x(step.to)].every((at) => at > 100 && at < 700)).toBe(true);
    probabilities.slice(1).forEach((mark, index) => expect(mark.x - (probabilities[index]?.x ?? 0)).toBeGreaterThanOrEqual(44));
    expect(probabilities.map((mark) => mark.probability)).toContain(0.5);
  });

  it('has an axis without contributions and without room', () => {
    const flat: PredictResponse = { ...prediction, log_odds: 0, base_value: 0, contributions: [part('age', 0)] };
    for (const right of [-12, 8, 700]) {
      const { x, ticks } = layout(flat, stepsOf(flat), 8, right);
      expect(Number.isFinite(x(0))).toBe(true);
      expect(ticks.length).toBeLessThan(30);
    }
  });

  it('shows the value that the model used', () => {
    const age = part('age', 0);
    expect(usedText(age, 'years')).toBe('1 years');
    expect(usedText({ ...age, value: 90, used_value: 81 }, 'years')).toBe('81 years (for 90)');
    expect(usedText({ ...age, value: 0, used_value: 125, imputed: true })).toBe('125 (imputed)');
    expect(usedText({ ...age, value: 0, used_value: null })).toBe('not measured');
    expect(usedText({ ...age, value: 0.25, used_value: 0.25 })).toBe('0.25');
  });

  it('converts between probability and log-odds', () => expect(sigmoid(logit(0.873))).toBeCloseTo(0.873, 12));
});
