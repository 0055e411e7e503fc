import { scaleLinear, type ScaleLinear } from 'd3-scale';
import type { Contribution } from '../wire/model/Contribution';
import type { PredictResponse } from '../wire/model/PredictResponse';

export type Step = {
  contribution: Contribution;
  /** Log-odds before and after this feature. */
  from: number;
  to: number;
};

/** The steps from the base value to the score, largest contribution first. */
export function stepsOf(prediction: PredictResponse): Step[] {
  const ordered = [...prediction.contributions].sort(
    (a, b) => Math.abs(b.contribution) - Math.abs(a.contribution) || a.feature.localeCompare(b.feature),
  );
  let running = prediction.base_value;
  return ordered.map((contribution) => {
    const from = running;
    running += contribution.contribution;
    return { contribution, from, to: running };
  });
}

/** Difference between the sum of base value and contributions and the score. A visible gap is a fault of the model server. */
export function additivityGap(prediction: PredictResponse): number {
  const sum = prediction.contributions.reduce((total, part) => total + part.contribution, prediction.base_value);
  return Math.abs(sum - prediction.log_odds);
}

/** Conversions between probability and log-odds. */
export const sigmoid = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
export const logit = (probability: number): number => Math.log(probability / (1 - probability));

export type Layout = {
  x: ScaleLinear<number, number>;
  ticks: number[];
  /** Ticks of the axis in probability. */
  probabilities: { probability: number; x: number }[];
};

const PROBABILITY_TICKS = [0.01, 0.05, 0.1, 0.3, 0.5, 0.6, 0.8, 0.9, 0.95, 0.99];

/** The value of a feature as the model used it, with its unit. */
export function usedText(part: Contribution, unit = ''): string {
  const { value, used_value: used } = part;
  if (used === null) return 'not measured';
  const text = `${Number(used.toFixed(used < 5 ? 3 : 1))} ${unit}`.trim();
  if (part.imputed) return `${text} (imputed)`;
  return used === value ? text : `${text} (for ${value})`;
}

/** The log-odds axis: the extent of the bars, zero, and space for labels. */
export function layout(prediction: PredictResponse, steps: readonly Step[], left: number, right: number): Layout {
  const values = [0, prediction.base_value, prediction.log_odds, ...steps.flatMap((step) => [step.from, step.to])];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = Math.max(0.25, (high - low) * 0.12);
  const x = scaleLinear([low - room, high + room], [left, right]);
  const wanted = Math.max(3, Math.round((right - left) / 70));
  return { x, ticks: x.ticks(wanted), probabilities: probabilityTicks(x, left, right) };
}

function probabilityTicks(x: ScaleLinear<number, number>, left: number, right: number): Layout['probabilities'] {
  const kept: Layout['probabilities'] = [];
  for (const probability of PROBABILITY_TICKS) {
    const at = x(logit(probability));
    const last = kept.at(-1);
    if (at >= left && at <= right && (!last || at - last.x >= 44)) kept.push({ probability, x: at });
  }
  return kept;
}
