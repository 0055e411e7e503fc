//! `GET /api/status` and `GET /api/time`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::activity::ActivityLogState;

/// The server's clock: `GET /api/time`. A page measures the offset of its own clock with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ServerTime {
    /// Time at which the request was handled.
    pub server_time_ms: i64,
}

/// Availability of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum UpDown {
    Up,
    Down,
}

/// State of the dashboard and of the services it depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Status {
    /// Always `dashboard`.
    pub service: String,
    /// Version of the dashboard.
    pub version: String,
    /// The model server.
    #[ts(inline)]
    pub model_server: UpDown,
    /// The stream of readings.
    #[ts(inline)]
    pub kafka: UpDown,
    /// The storage of the history.
    #[ts(inline)]
    pub lake: UpDown,
    /// The activity log.
    #[ts(inline)]
    pub activity: ActivityLogState,
    /// Patients on the ward.
    pub patients: usize,
    /// Readings per second, over the last five seconds.
    pub readings_per_s: f64,
}
