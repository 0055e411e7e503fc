export type Measured = { value: number; time_ms: number; flagged: boolean };
