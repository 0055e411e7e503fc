import type { Measured } from "./Measured";
import type { News2State } from "./News2State";
import type { VitalName } from "./VitalName";

export type PatientState = {
  patient_id: string;
  ward: string | null;
  bed: string | null;
  vitals: { [key in VitalName]?: Measured };
  supplemental_oxygen: boolean | null;
  consciousness: "A" | "C" | "V" | "P" | "U" | null;
  news2: News2State;
  last_time_ms: number;
  readings: number;
};
