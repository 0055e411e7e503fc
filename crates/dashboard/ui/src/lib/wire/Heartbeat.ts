export type Heartbeat = { server_time_ms: number; connected: boolean; skipped: number };
