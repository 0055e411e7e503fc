//! The live view: `GET /api/ward`, and the events of `GET /api/live`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::vocabulary::{Acvpu, BandName, PartName, VitalName};

/// The latest measurement of a vital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Measured {
    /// Value in the vital's unit.
    pub value: f64,
    /// Time of the measurement.
    pub time_ms: i64,
    /// Implausible, but possible.
    pub flagged: bool,
}

/// The score of one part of NEWS2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct News2Part {
    /// Name of the part.
    #[ts(inline)]
    pub name: PartName,
    /// 0 to 3; `null` if its input is missing or expired.
    pub score: Option<u8>,
}

/// A patient's NEWS2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct News2State {
    /// 0 to 20; `null` while a part is missing.
    pub total: Option<u8>,
    /// Sum of the known parts: a lower bound on the total.
    pub partial: u8,
    /// `null` while a part is missing.
    #[ts(inline)]
    pub band: Option<BandName>,
    /// All seven parts, in the order of the chart.
    pub parts: Vec<News2Part>,
}

/// A patient's latest values and score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct PatientState {
    /// The patient's id.
    pub patient_id: String,
    /// Ward, from the latest reading with a location.
    pub ward: Option<String>,
    /// Bed in the ward.
    pub bed: Option<String>,
    /// The latest measurement of each vital, each with its own time.
    pub vitals: BTreeMap<VitalName, Measured>,
    /// True on supplemental oxygen; `null` if not recorded for 12 h.
    pub supplemental_oxygen: Option<bool>,
    /// `null` if not assessed for 12 h.
    #[ts(inline)]
    pub consciousness: Option<Acvpu>,
    /// The score.
    pub news2: News2State,
    /// Measurement time of the newest reading.
    pub last_time_ms: i64,
    /// Readings since the dashboard started.
    pub readings: u64,
}

/// The values measured at one moment: a point of a sparkline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct TrendPoint {
    /// Time of the measurement.
    pub time_ms: i64,
    /// Beats/min.
    pub heart_rate: Option<f64>,
    /// %.
    pub spo2: Option<f64>,
    /// mmHg.
    pub systolic: Option<f64>,
    /// Breaths/min.
    pub respiratory_rate: Option<f64>,
}

/// Settings of the live view shared by the server and the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct LiveSettings {
    /// Interval between two heartbeats of a stream.
    pub heartbeat_ms: u64,
    /// Number of trend points kept per patient.
    pub trend_points: usize,
    /// Time since the newest reading after which a patient counts as silent.
    pub patient_silent_after_ms: i64,
}

/// The whole ward, or one patient of it: event `snapshot`, and the response of `GET /api/ward`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct WardSnapshot {
    /// The server's clock.
    pub server_time_ms: i64,
    /// Measurement time of the newest reading in the snapshot.
    pub newest_time_ms: Option<i64>,
    /// Settings of the live view.
    pub settings: LiveSettings,
    /// Patients, sorted by id.
    pub patients: Vec<PatientState>,
    /// The last points of each patient, oldest first, at most `settings.trend_points`.
    pub trends: BTreeMap<String, Vec<TrendPoint>>,
}

/// Changes since the previous event: event `update`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct WardUpdate {
    /// The server's clock.
    pub server_time_ms: i64,
    /// Measurement time of the newest reading in the update.
    pub newest_time_ms: Option<i64>,
    /// Changed patients, sorted by id.
    pub patients: Vec<PatientState>,
}

/// A sign of life: event `heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Heartbeat {
    /// The server's clock.
    pub server_time_ms: i64,
    /// True while the dashboard reads from Kafka.
    pub connected: bool,
    /// Updates skipped because the reader of this stream is slow.
    pub skipped: u64,
}
