import type { HistorySeries } from "./HistorySeries";
import type { VitalName } from "./VitalName";

export type History = {
  patient_id: string;
  from_ms: number;
  to_ms: number;
  bucket_ms: number;
  time_ms: Array<number>;
  series: { [key in VitalName]?: HistorySeries };
  rows: number;
};
