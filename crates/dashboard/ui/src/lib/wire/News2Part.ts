export type News2Part = {
  name: "respiratory_rate" | "spo2" | "air_or_oxygen" | "systolic" | "pulse" | "consciousness" | "temperature";
  score: number | null;
};
