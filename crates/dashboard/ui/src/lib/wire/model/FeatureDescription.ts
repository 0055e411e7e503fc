export type FeatureDescription = { name: string, label: string, unit: string, min: number, max: number, step: number, hint: string, zero_means_missing: boolean, default: number, };
