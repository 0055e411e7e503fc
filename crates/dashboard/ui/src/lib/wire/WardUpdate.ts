import type { PatientState } from "./PatientState";

export type WardUpdate = {
  server_time_ms: number;
  newest_time_ms: number | null;
  patients: Array<PatientState>;
};
