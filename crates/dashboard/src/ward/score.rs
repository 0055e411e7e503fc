//! NEWS2 of a patient, computed from the values that are recent enough.
//!
//! An expired value counts as missing: the score becomes incomplete, never lower. Every patient
//! is scored on SpO2 scale 1: scale 2 is a prescription, and readings carry none.

use vitals_core::domain::{
    news2::{self, Observations, PARTS, Spo2Scale},
    vital::Vital,
};

use super::{latest::Latest, patient::Patient};
use crate::wire::{News2Part, News2State};

const MINUTE_MS: i64 = 60_000;

/// Validity of a continuously monitored value (heart rate, pulse, SpO2, respiratory rate). Long
/// enough for a short artefact or a trip to the bathroom, too short to score a patient who is no
/// longer monitored. A judgement of this project.
pub const CONTINUOUS_MS: i64 = 5 * MINUTE_MS;

/// Validity of a value observed in rounds (cuff pressure, temperature, oxygen, consciousness):
/// the longest interval between two rounds that NEWS2 allows.
pub const OBSERVED_MS: i64 = 12 * 60 * MINUTE_MS;

/// The vitals that enter the score.
const SCORED: [Vital; 6] = [
    Vital::RespiratoryRate,
    Vital::Spo2,
    Vital::Systolic,
    Vital::HeartRate,
    Vital::Pulse,
    Vital::Temperature,
];

/// The score at `now_ms`.
pub(super) fn news2(patient: &Patient, now_ms: i64) -> News2State {
    let score = news2::score(&observations(patient, now_ms), Spo2Scale::One);
    let parts = PARTS.into_iter();
    News2State {
        total: score.total(),
        partial: score.partial(),
        band: score.band().map(Into::into),
        parts: parts.map(|part| News2Part { name: part.into(), score: score.part(part) }).collect(),
    }
}

/// End of validity of the first value to expire, of those valid at `now_ms`.
pub(super) fn expires_ms(patient: &Patient, now_ms: i64) -> Option<i64> {
    let vitals = SCORED.into_iter().filter_map(|vital| {
        let measured = patient.vital(vital)?;
        Some(measured.time_ms.saturating_add(window_ms(vital)))
    });
    let oxygen = patient.oxygen().map(|latest| latest.time_ms.saturating_add(OBSERVED_MS));
    let level = patient.consciousness().map(|latest| latest.time_ms.saturating_add(OBSERVED_MS));
    vitals.chain(oxygen).chain(level).filter(|expires_ms| *expires_ms >= now_ms).min()
}

fn observations(patient: &Patient, now_ms: i64) -> Observations {
    Observations {
        respiratory_rate: value(patient, Vital::RespiratoryRate, now_ms),
        spo2: value(patient, Vital::Spo2, now_ms),
        supplemental_oxygen: Latest::within(patient.oxygen(), OBSERVED_MS, now_ms),
        systolic: value(patient, Vital::Systolic, now_ms),
        // The ECG's rate is preferred to the pulse oximeter's.
        pulse: value(patient, Vital::HeartRate, now_ms)
            .or_else(|| value(patient, Vital::Pulse, now_ms)),
        consciousness: Latest::within(patient.consciousness(), OBSERVED_MS, now_ms),
        temperature: value(patient, Vital::Temperature, now_ms),
    }
}

fn value(patient: &Patient, vital: Vital, now_ms: i64) -> Option<f64> {
    let measurement = Latest::within(patient.vital(vital), window_ms(vital), now_ms)?;
    Some(measurement.value)
}

const fn window_ms(vital: Vital) -> i64 {
    match vital {
        Vital::HeartRate | Vital::Pulse | Vital::Spo2 | Vital::RespiratoryRate => CONTINUOUS_MS,
        Vital::Systolic | Vital::Diastolic | Vital::MeanPressure | Vital::Temperature => {
            OBSERVED_MS
        }
    }
}
