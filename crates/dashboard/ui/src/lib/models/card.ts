/**
 * The part of a model's card that the page shows. A card is written when its model is trained, and an
 * older one lacks what was added later: every section may be absent.
 */
export type Card = {
  model: string;
  version: string;
  algorithm: string;
  text?: { model?: string; intended_use?: string; not_intended?: string; outcome?: string; population?: string; validation?: string; limits?: string[] };
  data?: { file: string; rows: number; positives: number };
  performance?: { roc_auc?: Interval; brier?: Interval; log_loss?: Interval };
  calibration?: { slope: number; intercept: number; ece: number; curve: CalibrationPoint[] };
  thresholds?: Threshold[];
  groups?: Group[];
  coverage?: Coverage[];
  importance?: Importance[];
};

export type Importance = { feature: string; mean_contribution: number };

/** A figure with its 95 % interval. */
export type Interval = { value: number; low: number; high: number };

export type CalibrationPoint = { predicted: number; observed: number; low: number; high: number; rows: number };

export type Threshold = {
  threshold: number;
  sensitivity: number;
  specificity: number;
  positive_predictive_value: number | null;
  negative_predictive_value: number | null;
  called: number;
};

export type Group = { by: string; group: string; rows: number; positives: number; predicted: number; observed: number; roc_auc: Interval | null };

/** The share of rows whose prediction set contains the outcome, and the sets by kind. */
export type Coverage = { confidence: number; all: number; positive: number; negative: number; kinds?: SetKind[] };

/** The sets with the same outcomes: their share of all sets, and the share of their rows with diabetes. */
export type SetKind = { set: 'no diabetes' | 'diabetes' | 'both' | 'none'; share: number; with_diabetes: number | null };

/** The versions of all models. */
export type ModelList = {
  active: { name: string; version: string } | null;
  shadow: { name: string; version: string } | null;
  models: { name: string; versions: { version: string; state: string; active: boolean; algorithm?: string; reason?: string | null; signature?: Signature }[] }[];
};

/** The signature of a version; it is checked only if the model server has a key. */
export type Signature = 'valid' | 'not_checked' | 'absent';

/** A version's state in words, with its signature. */
export function stateText({ state, reason, signature }: { state: string; reason?: string | null; signature?: Signature }): string {
  if (reason) return `${state}: ${reason}`;
  if (signature === 'valid') return `${state}, signed`;
  return signature === 'not_checked' ? `${state}, signature not checked` : state;
}

/** The model server's health. */
export type ModelHealth = {
  prediction_log?: { enabled: boolean; broker_up: boolean; waiting: number; delivered: number; dropped: number; failed: number };
};

export type Chosen = { name: string; version: string };

/** The version that the address names, else the active one, else the first. */
export function chosenVersion(list: ModelList, wanted: string | null): Chosen | null {
  const all = list.models.flatMap(({ name, versions }) => versions.map(({ version }) => ({ name, version })));
  const named = all.find(({ name, version }) => wanted === `${name}/${version}`);
  if (named) return named;
  const active = list.active;
  return (active && all.find((one) => one.name === active.name && one.version === active.version)) ?? all[0] ?? null;
}

/** The points of the ROC curve at the card's thresholds, from (0, 0) to (1, 1): false positive rate and sensitivity. */
export function rocPoints(thresholds: readonly Threshold[]): { x: number; y: number; threshold: number | null }[] {
  const points = thresholds.map(({ threshold, sensitivity, specificity }) => ({ x: 1 - specificity, y: sensitivity, threshold: threshold as number | null }));
  points.sort((a, b) => a.x - b.x || a.y - b.y);
  return [{ x: 0, y: 0, threshold: null }, ...points, { x: 1, y: 1, threshold: null }];
}

/** Distance from the last labelled point of a curve below which a label would cover that one's, as a share of the plot. */
const LABEL_DISTANCE = 0.06;

/** The indexes of the points with room for a label. The table has them all. */
export function labelled(points: readonly { x: number; y: number }[]): Set<number> {
  const chosen = new Set<number>();
  let last: { x: number; y: number } | undefined;
  points.forEach((point, index) => {
    if (last && Math.hypot(point.x - last.x, point.y - last.y) < LABEL_DISTANCE) return;
    chosen.add(index);
    last = point;
  });
  return chosen;
}

/** The features, the most important first, each with its share of the first: 0 to 1. */
export function rankedImportance(importance: readonly Importance[]): (Importance & { share: number })[] {
  const ranked = importance.toSorted((a, b) => b.mean_contribution - a.mean_contribution);
  const longest = ranked[0]?.mean_contribution ?? 0;
  // A model that uses no feature has no bars.
  return ranked.map((one) => ({ ...one, share: longest > 0 ? one.mean_contribution / longest : 0 }));
}

/** The outcomes in the sets of a kind. */
export function setLabel(kind: SetKind['set']): string {
  if (kind === 'both') return '{no diabetes, diabetes}';
  return kind === 'none' ? '{}' : `{${kind}}`;
}

/** A feature's name in words. */
export function featureLabel(name: string): string {
  const words = name.replaceAll('_', ' ');
  return name === 'bmi' ? 'BMI' : words.charAt(0).toUpperCase() + words.slice(1);
}
