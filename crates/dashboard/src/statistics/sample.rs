//! A patient's state at one moment, as far as statistics need it.

use vitals_core::domain::{
    bedside::{CONTINUOUS_MS, OBSERVED_MS, Patient, Purpose, assess, chosen},
    vital::Vital,
};

use crate::wire::{SHOWN, ScoreBand};

/// Time after a patient's last reading for which the score still holds. Beyond it the patient
/// counts as not monitored: the validity of a continuously monitored value.
pub const GAP_LIMIT_MS: i64 = CONTINUOUS_MS;

/// A patient's band, and the vitals with a current value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The band that the score reaches for certain.
    pub band: ScoreBand,
    /// True for a vital of [`SHOWN`] with an accepted value that has not expired.
    pub current: [bool; SHOWN.len()],
}

impl Sample {
    /// The state of `patient` at `now_ms`.
    #[must_use]
    pub fn of(patient: &Patient, now_ms: i64) -> Self {
        let assessment = assess(patient, now_ms);
        let band = match (assessment.band, assessment.not_applicable) {
            // A score that does not apply to the patient has no band, even if it could be computed.
            (_, Some(_)) => ScoreBand::NotApplicable,
            (Some(band), None) => band.into(),
            (None, None) => ScoreBand::Incomplete,
        };
        Self { band, current: SHOWN.map(|vital| is_current(patient, vital, now_ms)) }
    }
}

fn is_current(patient: &Patient, vital: Vital, now_ms: i64) -> bool {
    chosen(patient, vital, Purpose::Score).is_some_and(|latest| {
        now_ms.saturating_sub(patient.devices.place(&latest.stamp)) <= validity_ms(vital)
    })
}

/// The validity of a value, as in the score.
const fn validity_ms(vital: Vital) -> i64 {
    match vital {
        Vital::HeartRate | Vital::Pulse | Vital::Spo2 | Vital::RespiratoryRate => CONTINUOUS_MS,
        Vital::Systolic | Vital::Diastolic | Vital::MeanPressure | Vital::Temperature => {
            OBSERVED_MS
        }
    }
}
