import { percent } from '../format/numbers';
import type { PredictionSet } from '../wire/model/PredictionSet';

/** The outcomes in a set, in words. */
export function outcomesText({ outcomes }: PredictionSet): string {
  const [diabetes, none] = [outcomes.includes(1), outcomes.includes(0)];
  if (diabetes && none) return 'diabetes or no diabetes';
  if (diabetes) return 'diabetes';
  return none ? 'no diabetes' : 'neither outcome';
}

/** The share of women with this kind of set who developed diabetes: the promise of the sets does not hold for one kind. */
export function observedText({ outcomes, observed: { rows, with_diabetes } }: PredictionSet): string {
  if (rows === 0) return 'No woman in the training data got this kind of set.';
  const women = rows === 1 ? 'the one woman' : `the ${rows} women`;
  const share = `${with_diabetes} (${percent(with_diabetes / rows, 0)}) developed diabetes`;
  const without = rows - with_diabetes;
  const wrong = outcomes.length === 1 && outcomes[0] === 1 ? `; the set was wrong for the other ${without}` : '';
  const missed = outcomes.length === 1 && outcomes[0] === 0 ? '; the set was wrong for them' : '';
  return `Of ${women} in the training data with this kind of set, ${share}${wrong}${missed}.`;
}

/** The promise of the sets, and its limit. */
export function promiseText({ confidence }: PredictionSet): string {
  return `About ${percent(confidence, 0)} of all sets contain the outcome that comes true, for women like those in the training data. This does not hold among the sets of one kind.`;
}
