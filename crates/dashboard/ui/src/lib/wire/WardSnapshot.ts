import type { PatientState } from "./PatientState";
import type { TrendPoint } from "./TrendPoint";

export type WardSnapshot = {
  server_time_ms: number;
  newest_time_ms: number | null;
  patients: Array<PatientState>;
  trends: { [key in string]?: Array<TrendPoint> };
};
