import type { FeatureDescription } from "./FeatureDescription";
export type ModelDescription = { name: string, version: string, algorithm: string, features: Array<FeatureDescription>, threshold: number, limits_text: Array<string>, };
