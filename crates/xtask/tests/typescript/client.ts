// Uses the generated types as a client would: `tsc --strict` has to accept it.
import type { components, operations, paths } from './api';

type Prediction = components['schemas']['PredictResponse'];
type Answer = operations['predict']['responses'][200]['content']['application/json'];
type Models = paths['/models']['get']['responses'][200]['content']['application/json'];

const person: components['schemas']['Features'] = {
  pregnancies: 0,
  glucose: 137,
  blood_pressure: 40,
  skin_thickness: 35,
  insulin: 168,
  bmi: 43.1,
  diabetes_pedigree_function: 2.288,
  age: 33,
};

// @ts-expect-error: a person without an age is no request.
const incomplete: components['schemas']['Features'] = { glucose: 137 };

export async function predict(base: string): Promise<Prediction> {
  const response = await fetch(`${base}/predict`, { method: 'POST', body: JSON.stringify(person) });
  const answer = (await response.json()) as Answer;
  if (!('probability' in answer)) throw new Error('one person gets one prediction');
  return answer;
}

export async function refused(base: string): Promise<string[]> {
  const models = (await (await fetch(`${base}/models`)).json()) as Models;
  return models.models.flatMap(({ versions }) => versions.flatMap(({ reason }) => reason ?? []));
}

export type Activation = operations['activate']['parameters']['path']['version'];
export { incomplete };
