/** One input of the model, as `GET /api/model` describes it. */
export type ModelFeature = {
  name: string;
  label: string;
  unit: string;
  min: number;
  max: number;
  hint: string;
  /** Zero stands for "not measured" and is imputed. */
  zero_means_missing: boolean;
  default: number;
  /** Resolution with which the value is usually written. */
  step?: number;
};

/** The model behind `POST /api/predict`, in its own words. */
export type ModelDescription = {
  name: string;
  version: string;
  algorithm: string;
  trained_at?: string | null;
  features: ModelFeature[];
  /** Probability from which the prediction is 1. */
  threshold: number;
  limits_text: string[];
  metrics: Record<string, unknown>;
};
