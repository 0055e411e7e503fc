export type VitalName = "heart_rate" | "spo2" | "systolic" | "diastolic" | "respiratory_rate" | "temperature";
