import type { VitalName } from "./VitalName";

export type Limits = {
  vital: VitalName;
  label: string;
  unit: string;
  low: number | null;
  high: number | null;
  plausible_min: number;
  plausible_max: number;
  decimals: number;
};
