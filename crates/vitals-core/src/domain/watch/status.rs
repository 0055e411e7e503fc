//! The value of topic `patient-status`: one patient, as the watch knows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    derived::Derived,
    occurrence::{Occurrence, Silence},
    state::WatchState,
};
use crate::domain::{bedside::Assessment, news2::Band, reading::Consciousness, vital::Vital};

/// The latest value of something, with its times and its device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatestValue<T> {
    /// The value, a vital's in its unit and at its displayed precision.
    pub value: T,
    /// True if it is doubted: not scored and not compared with limits.
    pub doubted: bool,
    /// Time of the measurement, with an error of the device's clock corrected.
    pub measured_ms: i64,
    /// Arrival at the broker.
    pub arrival_ms: i64,
    /// The device.
    pub device_id: Option<String>,
}

/// NEWS2 with the band that is displayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreStatus {
    /// The score, its parts and the rank.
    #[serde(flatten)]
    pub assessment: Assessment,
    /// The band to display: it rises and falls only after the delays of the NEWS2 rule. `None` if
    /// NEWS2 does not apply.
    pub shown_band: Option<Band>,
    /// The response that the displayed band requires.
    pub response: Option<String>,
    /// The monitoring that the displayed band requires.
    pub monitoring: Option<String>,
}

/// An occurrence that is listed: under way, or high and not acknowledged after its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The occurrence.
    #[serde(flatten)]
    pub occurrence: Occurrence,
    /// The silence under which it is.
    pub silenced: Option<Silence>,
}

/// One patient: latest values, score, alarms, and the state to go on from after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatientStatus {
    /// The patient; also the key of the message.
    pub patient_id: String,
    /// The time up to which the patient has been judged, on the broker's clock.
    pub at_ms: i64,
    /// Arrival of the last reading; `None` before the first.
    pub last_arrival_ms: Option<i64>,
    /// The ward.
    pub ward: Option<String>,
    /// The bed in the ward.
    pub bed: Option<String>,
    /// The latest value of each vital.
    pub vitals: BTreeMap<Vital, LatestValue<f64>>,
    /// Supplemental oxygen.
    pub supplemental_oxygen: Option<LatestValue<bool>>,
    /// Level of consciousness.
    pub consciousness: Option<LatestValue<Consciousness>>,
    /// NEWS2.
    pub score: ScoreStatus,
    /// Quantities that follow from the vitals.
    pub derived: Derived,
    /// The alarms, most urgent first.
    pub alarms: Vec<Alarm>,
    /// The silences under way, by rule.
    pub silences: Vec<Silence>,
    /// The state that [`PatientWatch::restore`](super::PatientWatch::restore) goes on from.
    pub state: Box<WatchState>,
}
