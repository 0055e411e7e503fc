//! The live view: `GET /api/ward`, and the events of `GET /api/live`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use vitals_core::domain::patient_context::Spo2Prescription;

use super::{
    alarms::AlarmState,
    limits::ValueLimits,
    vocabulary::{Acvpu, BandName, NotApplicableReason, PartName, RankBasis, VitalName},
};

/// The latest measurement of a vital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Measured {
    /// Value in the vital's unit.
    pub value: f64,
    /// Time of the measurement on the server's clock: an error of the device's clock is corrected.
    pub time_ms: i64,
    /// Arrival at the broker.
    pub arrival_ms: i64,
    /// Implausible, but possible. Not scored.
    pub flagged: bool,
    /// The device; `null` if it is the patient's only one or has no id.
    pub device_id: Option<String>,
}

/// The score of one part of NEWS2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct News2Part {
    /// Name of the part.
    #[ts(inline)]
    pub name: PartName,
    /// 0 to 3; `null` if its input is missing or expired.
    pub score: Option<u8>,
    /// Time of the last known input, even if it has expired.
    pub time_ms: Option<i64>,
    /// The vital behind the part; `null` for oxygen and consciousness.
    pub vital: Option<VitalName>,
}

/// The band by which a patient is sorted and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct News2Rank {
    /// The band.
    #[ts(inline)]
    pub band: BandName,
    /// The reason for the band, which may differ from the band of the total.
    #[ts(inline)]
    pub basis: RankBasis,
    /// Time of the oldest expired input if the rank rests on expired inputs.
    pub as_of_ms: Option<i64>,
}

/// A patient's NEWS2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct News2State {
    /// 0 to 20; `null` while a part is missing.
    pub total: Option<u8>,
    /// Sum of the known parts: a lower bound on the total.
    pub partial: u8,
    /// The band that the total, or else the lower bound, reaches; `null` if a lower bound reaches
    /// none above Low, or NEWS2 does not apply.
    #[ts(inline)]
    pub band: Option<BandName>,
    /// `null` if NEWS2 does not apply.
    pub rank: Option<News2Rank>,
    /// The reason that NEWS2 does not apply; `null` if it does.
    #[ts(inline)]
    pub not_applicable: Option<NotApplicableReason>,
    /// All seven parts, in the order of the chart; none if NEWS2 does not apply.
    pub parts: Vec<News2Part>,
}

/// The urgency of a condition, most urgent first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ConditionPriority {
    /// The patient may be dying.
    High,
    /// The equipment or the data need attention.
    Technical,
}

/// The kind of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// Every signal is zero.
    SignalsLost,
    /// The ECG's rate is zero after a slow one, while other signals continue.
    Asystole,
    /// A doubted value that would score 3.
    CriticalIfTrue,
    /// The ECG's rate is zero, while other signals continue.
    LeadsOff,
    /// The saturation is zero, while other signals continue.
    ProbeOff,
    /// Several devices measure the same vital.
    SeveralDevices,
    /// The device also sends for another patient.
    SharedDevice,
    /// Another patient is in the same bed.
    SharedBed,
    /// A field of the readings is not accepted, or its name is misspelt.
    RefusedField,
}

/// A condition of a patient beyond scores and limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Condition {
    /// The kind.
    #[ts(inline)]
    pub kind: ConditionKind,
    /// The urgency.
    #[ts(inline)]
    pub priority: ConditionPriority,
    /// The condition in words.
    pub text: String,
    /// Its start, or the last observation of a conflict.
    pub since_ms: i64,
}

/// The prescription of a patient's SpO2 scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ScalePrescription {
    /// 1 or 2.
    pub scale: u8,
    /// The prescriber.
    pub by: String,
    /// Time of the prescription.
    pub at_ms: i64,
    /// The reason.
    pub reason: String,
}

impl From<Spo2Prescription> for ScalePrescription {
    fn from(spo2: Spo2Prescription) -> Self {
        let Spo2Prescription { scale, by, at_ms, reason } = spo2;
        Self { scale, by, at_ms, reason }
    }
}

/// A device of a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct DeviceState {
    /// `null` for readings without a device id.
    pub device_id: Option<String>,
    /// Arrival of its last reading.
    pub last_arrival_ms: i64,
    /// Median of arrival minus measurement if its clock is wrong by more than 5 s; negative if
    /// the clock is ahead.
    pub clock_offset_ms: Option<i64>,
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
    /// The prescription of the SpO2 scale; scale 1 without one.
    pub spo2_prescription: Option<ScalePrescription>,
    /// Alert limits where they differ from those of every adult, by age or individually.
    pub limits: Option<BTreeMap<VitalName, ValueLimits>>,
    /// The alarms of the watch, most urgent first. Empty without a watch.
    pub alarms: Vec<AlarmState>,
    /// Arrival of the first reading that the watch has not judged, if it does not judge the patient: then no
    /// alarm is raised or ended. `null` while it does.
    pub unwatched_since_ms: Option<i64>,
    /// Conditions beyond scores and limits, most urgent first.
    pub conditions: Vec<Condition>,
    /// The devices, in the order of their first readings.
    pub devices: Vec<DeviceState>,
    /// Index of the device of the last reading.
    pub last_device: u32,
    /// Measurement time of the last reading, on the server's clock.
    pub last_time_ms: i64,
    /// Arrival of the last reading at the broker.
    pub last_arrival_ms: i64,
    /// Readings that arrived since the start of the dashboard, or in `dashboard.lookback_ms` before it.
    pub readings: u64,
}

/// The values measured at one moment: a point of a sparkline. Doubted values are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct TrendPoint {
    /// Time of the measurement.
    pub time_ms: i64,
    /// Beats/min.
    pub heart_rate: Option<f64>,
    /// Beats/min, from the oximeter.
    pub pulse: Option<f64>,
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
    /// Time since the arrival of the last reading after which a patient counts as silent.
    pub patient_silent_after_ms: i64,
}

/// The whole ward, or one patient of it: event `snapshot`, and the response of `GET /api/ward`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct WardSnapshot {
    /// The server's clock.
    pub server_time_ms: i64,
    /// Arrival of the newest reading in the snapshot.
    pub newest_arrival_ms: Option<i64>,
    /// The last sign of life of the watch if it has stopped; `null` while it runs.
    pub watch_stopped_ms: Option<i64>,
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
    /// Arrival of the newest reading in the update.
    pub newest_arrival_ms: Option<i64>,
    /// The last sign of life of the watch if it has stopped; `null` while it runs.
    pub watch_stopped_ms: Option<i64>,
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
    /// True while readings from before the start are being restored: scores may be incomplete.
    pub restoring: bool,
    /// Arrival of the newest reading from any patient.
    pub newest_arrival_ms: Option<i64>,
    /// Updates skipped because the reader of this stream is slow.
    pub skipped: u64,
}
