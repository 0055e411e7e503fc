import type { Contribution } from "./Contribution";
import type { RiskLevel } from "./RiskLevel";
export type PredictResponse = { prediction: number, probability: number, risk_level: RiskLevel, threshold: number, log_odds: number, base_value: number, contributions: Array<Contribution>, not_measured: Array<string>, model: string, model_version: string, request_id: string, };
