export type RiskLevel = 'low' | 'medium' | 'high';

/** What one feature adds to the log-odds of this prediction. */
export type Contribution = {
  feature: string;
  value: number;
  /** The value that entered the model: the median when imputed. */
  used_value: number;
  imputed: boolean;
  contribution: number;
};

/** The answer of `POST /api/predict`; `base_value` plus all contributions is `log_odds`. */
export type Prediction = {
  prediction: 0 | 1;
  probability: number;
  risk_level: RiskLevel;
  threshold: number;
  log_odds: number;
  base_value: number;
  contributions: Contribution[];
  not_measured: string[];
  model: string;
  model_version: string;
  request_id: string;
};
