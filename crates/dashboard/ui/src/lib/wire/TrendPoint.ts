export type TrendPoint = {
  time_ms: number;
  heart_rate: number | null;
  spo2: number | null;
  systolic: number | null;
  respiratory_rate: number | null;
};
