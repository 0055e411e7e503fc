import type { ModelFeature } from '../model/ModelDescription';
import type { RiskLevel } from '../model/Prediction';

export const RISK: Record<RiskLevel, { label: string; sign: string; from: number }> = {
  low: { label: 'Low risk', sign: '●', from: 0 },
  medium: { label: 'Medium risk', sign: '▲', from: 0.3 },
  high: { label: 'High risk', sign: '■', from: 0.6 },
};

/** A person of the data set, so that the page opens with an answer instead of an empty form. */
export const EXAMPLE: Readonly<Record<string, number>> = {
  pregnancies: 0,
  glucose: 137,
  blood_pressure: 40,
  skin_thickness: 35,
  insulin: 168,
  bmi: 43.1,
  diabetes_pedigree_function: 2.288,
  age: 33,
};

export function startValues(features: readonly ModelFeature[]): Record<string, string> {
  return Object.fromEntries(features.map((feature) => [feature.name, String(EXAMPLE[feature.name] ?? feature.default)]));
}

/** What a slider moves by: what the model says, else a thousandth of the range in a round number. */
export function sliderStep(feature: ModelFeature): number {
  if (feature.step !== undefined && feature.step > 0) return feature.step;
  const fine = Number(((EXAMPLE[feature.name] ?? feature.default) % 1).toFixed(6)) !== 0;
  return fine ? 10 ** Math.floor(Math.log10((feature.max - feature.min) / 500)) : 1;
}

export type Parsed = { body: Record<string, number>; errors: Record<string, string> };

/** The form as a request. Only what can't be sent at all is an error here; ranges are the model's to judge. */
export function parseForm(features: readonly ModelFeature[], values: Record<string, string>): Parsed {
  const body: Record<string, number> = {};
  const errors: Record<string, string> = {};
  for (const { name } of features) {
    const text = (values[name] ?? '').trim().replace(',', '.');
    const value = Number(text);
    if (text === '') errors[name] = 'is required: enter a number';
    else if (!Number.isFinite(value)) errors[name] = `must be a number, not "${text.slice(0, 20)}"`;
    else body[name] = value;
  }
  return { body, errors };
}

/** The same request as a shell line; quoting is the shell's, so that any body survives it. */
export function curlLine(origin: string, body: Record<string, number>): string {
  const json = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl -sS ${origin}/api/predict -H 'content-type: application/json' -d '${json}'`;
}

/** Accepted values of a feature in words. */
export function rangeText(feature: ModelFeature): string {
  const unit = feature.unit ? ` ${feature.unit}` : '';
  return `${feature.min} to ${feature.max}${unit}`;
}
