import { parseNumber } from '../format/parseNumber';
import type { FeatureDescription } from '../wire/model/FeatureDescription';
import { href } from '../url/base';
import type { RiskLevel } from '../wire/model/RiskLevel';

export const RISK: Record<RiskLevel, { label: string; sign: string }> = {
  low: { label: 'Low risk', sign: '●' },
  medium: { label: 'Medium risk', sign: '▲' },
  high: { label: 'High risk', sign: '■' },
};

/** A row of the data set, so that the page opens with a prediction instead of an empty form. */
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

export function startValues(features: readonly FeatureDescription[]): Record<string, string> {
  return Object.fromEntries(features.map((feature) => [feature.name, String(EXAMPLE[feature.name] ?? feature.default)]));
}

export type Parsed = { body: Record<string, number>; errors: Record<string, string> };

/** Parses the form into a request body. Only unparsable or ambiguous input is an error here; the model server validates ranges. */
export function parseForm(features: readonly FeatureDescription[], values: Record<string, string>): Parsed {
  const body: Record<string, number> = {};
  const errors: Record<string, string> = {};
  for (const { name, min, max } of features) {
    const parsed = parseNumber(values[name] ?? '', { min, max });
    if ('error' in parsed) errors[name] = parsed.error;
    else body[name] = parsed.value;
  }
  return { body, errors };
}

/** The request as a `curl` command, quoted for the shell. */
export function curlLine(origin: string, body: Record<string, number>): string {
  const json = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl -sS ${origin}${href('/api/predict')} -H 'content-type: application/json' -d '${json}'`;
}

/** The accepted range of a feature as text. */
export function rangeText(feature: FeatureDescription): string {
  const unit = feature.unit ? ` ${feature.unit}` : '';
  return `${feature.min} to ${feature.max}${unit}`;
}
