//! What goes over the wire to the pages, as `ui/src/lib/wire` has it in TypeScript.
//!
//! The TypeScript is generated from these types; a test fails when the two differ, and
//! `UPDATE_WIRE=1 cargo test -p dashboard wire` writes it anew. Times are milliseconds since the
//! Unix epoch; a value that isn't known is `null`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A vital that the pages show.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum VitalName {
    /// Heart rate from the ECG, beats/min.
    HeartRate,
    /// Oxygen saturation, %.
    Spo2,
    /// Systolic pressure, mmHg.
    Systolic,
    /// Diastolic pressure, mmHg.
    Diastolic,
    /// Respiratory rate, breaths/min.
    RespiratoryRate,
    /// Body temperature, degrees Celsius.
    Temperature,
}

/// The latest measurement of a vital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Measured {
    /// In the vital's unit.
    pub value: f64,
    /// When it was measured.
    pub time_ms: i64,
    /// Implausible, but possible.
    pub flagged: bool,
}

/// The score of one part of NEWS2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct News2Part {
    /// Which part.
    #[ts(inline)]
    pub name: PartName,
    /// 0 to 3; `null` when its input is missing or too old.
    pub score: Option<u8>,
}

/// A part of NEWS2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the chart, see vitals_core::domain::news2::Part")]
pub enum PartName {
    RespiratoryRate,
    Spo2,
    AirOrOxygen,
    Systolic,
    Pulse,
    Consciousness,
    Temperature,
}

/// The clinical risk that a complete score stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the chart, see vitals_core::domain::news2::Band")]
pub enum BandName {
    Low,
    LowMedium,
    Medium,
    High,
}

/// Level of consciousness: alert, new confusion, responds to voice, to pain, unresponsive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[expect(missing_docs, reason = "the letters of the ACVPU scale")]
pub enum Acvpu {
    A,
    C,
    V,
    P,
    U,
}

/// A patient's NEWS2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct News2State {
    /// 0 to 20; `null` while a part is missing.
    pub total: Option<u8>,
    /// Sum of the parts that are known: the least that the total can be.
    pub partial: u8,
    /// `null` while a part is missing.
    #[ts(inline)]
    pub band: Option<BandName>,
    /// All seven, in the order of the chart.
    pub parts: Vec<News2Part>,
}

/// What is known of a patient now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct PatientState {
    /// Who.
    pub patient_id: String,
    /// Where, as the latest reading with a place said.
    pub ward: Option<String>,
    /// The bed in the ward.
    pub bed: Option<String>,
    /// The latest measurement of each vital, each with its own time.
    pub vitals: BTreeMap<VitalName, Measured>,
    /// Whether supplemental oxygen is given; `null` when not said for 12 h.
    pub supplemental_oxygen: Option<bool>,
    /// `null` when not assessed for 12 h.
    #[ts(inline)]
    pub consciousness: Option<Acvpu>,
    /// The score.
    pub news2: News2State,
    /// Time of the newest reading.
    pub last_time_ms: i64,
    /// Readings since the dashboard started.
    pub readings: u64,
}

/// The numbers of one moment, for a sparkline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct TrendPoint {
    /// When they were measured.
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

/// Everything that is known of the ward: event `snapshot`, and the answer of `GET /api/ward`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct WardSnapshot {
    /// The server's clock.
    pub server_time_ms: i64,
    /// Time of the newest reading in here.
    pub newest_time_ms: Option<i64>,
    /// Everybody, by id.
    pub patients: Vec<PatientState>,
    /// The last 120 points of each patient, oldest first.
    pub trends: BTreeMap<String, Vec<TrendPoint>>,
}

/// What changed since the last event: event `update`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct WardUpdate {
    /// The server's clock.
    pub server_time_ms: i64,
    /// Time of the newest reading in here.
    pub newest_time_ms: Option<i64>,
    /// Those of whom something changed, by id.
    pub patients: Vec<PatientState>,
}

/// A sign of life: event `heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Heartbeat {
    /// The server's clock.
    pub server_time_ms: i64,
    /// Whether readings can arrive from Kafka.
    pub connected: bool,
    /// Updates that this stream left out because its reader was slow.
    pub skipped: u64,
}

/// The limits of a vital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Limits {
    /// Which.
    pub vital: VitalName,
    /// Its name on a screen.
    pub label: String,
    /// Its unit, as shown.
    pub unit: String,
    /// Values below are marked.
    pub low: Option<f64>,
    /// Values above are marked.
    pub high: Option<f64>,
    /// Values below are doubted.
    pub plausible_min: f64,
    /// Values above are doubted.
    pub plausible_max: f64,
    /// Decimals to show.
    pub decimals: u8,
}

/// One vital's history; lists as long as the buckets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct HistorySeries {
    /// Lowest values.
    pub min: Vec<Option<f64>>,
    /// Means.
    pub avg: Vec<Option<f64>>,
    /// Highest values.
    pub max: Vec<Option<f64>>,
    /// Number of values.
    pub count: Vec<u64>,
}

/// A patient's history in buckets of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct History {
    /// Whose.
    pub patient_id: String,
    /// First moment that was asked for.
    pub from_ms: i64,
    /// The moment after the last.
    pub to_ms: i64,
    /// Length of a bucket.
    pub bucket_ms: i64,
    /// First moment of every bucket that has readings.
    pub time_ms: Vec<i64>,
    /// The vitals that were measured.
    pub series: BTreeMap<VitalName, HistorySeries>,
    /// Readings in all buckets.
    pub rows: u64,
}

/// Whether something answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum UpDown {
    Up,
    Down,
}

/// How the dashboard and what it depends on are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Status {
    /// Always `dashboard`.
    pub service: String,
    /// Its version.
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
    /// Patients on the ward.
    pub patients: usize,
    /// Readings a second, over the last five.
    pub readings_per_s: f64,
}

#[cfg(test)]
mod tests;
