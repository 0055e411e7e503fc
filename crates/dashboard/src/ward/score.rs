//! Which values are recent enough to be scored, and the NEWS2 of a patient.
//!
//! A value that is too old counts as missing: the score becomes incomplete, never smaller.
//! Every patient is scored on saturation scale 1: scale 2 is a prescription, and readings carry
//! none.

use vitals_core::domain::{
    news2::{self, Observations, PARTS, Part, Spo2Scale},
    vital::Vital,
};

use super::patient::{Latest, Number, Patient};
use crate::wire::{News2Part, News2State};

const MINUTE_MS: i64 = 60_000;

/// How long a continuously monitored value (heart rate, pulse, saturation, respiratory rate)
/// stands for the patient's present state: long enough for a short artefact or a trip to the
/// bathroom, too short to score somebody who is no longer monitored. A judgement of this project.
pub const CONTINUOUS_MS: i64 = 5 * MINUTE_MS;

/// How long what is measured or assessed in rounds (cuff pressure, temperature, oxygen,
/// consciousness) stays valid: the longest interval between two rounds that NEWS2 allows.
pub const OBSERVED_MS: i64 = 12 * 60 * MINUTE_MS;

/// The value, unless it is older than `window_ms` at `now_ms`.
pub(super) fn valid<T: Clone>(
    latest: Option<&Latest<T>>,
    window_ms: i64,
    now_ms: i64,
) -> Option<T> {
    latest.filter(|latest| now_ms - latest.time_ms <= window_ms).map(|latest| latest.value.clone())
}

const fn window_ms(vital: Vital) -> i64 {
    match vital {
        Vital::HeartRate | Vital::Pulse | Vital::Spo2 | Vital::RespiratoryRate => CONTINUOUS_MS,
        Vital::Systolic | Vital::Diastolic | Vital::MeanPressure | Vital::Temperature => {
            OBSERVED_MS
        }
    }
}

/// The vitals that are scored.
const SCORED: [Vital; 6] = [
    Vital::RespiratoryRate,
    Vital::Spo2,
    Vital::Systolic,
    Vital::HeartRate,
    Vital::Pulse,
    Vital::Temperature,
];

fn observations(patient: &Patient, now_ms: i64) -> Observations {
    let number = |vital| -> Option<f64> {
        let number: Option<Number> = valid(patient.number(vital), window_ms(vital), now_ms);
        number.map(|number| number.value)
    };
    Observations {
        respiratory_rate: number(Vital::RespiratoryRate),
        spo2: number(Vital::Spo2),
        supplemental_oxygen: valid(patient.oxygen(), OBSERVED_MS, now_ms),
        systolic: number(Vital::Systolic),
        // From the ECG, else from the pulse oximeter.
        pulse: number(Vital::HeartRate).or_else(|| number(Vital::Pulse)),
        consciousness: valid(patient.consciousness(), OBSERVED_MS, now_ms),
        temperature: number(Vital::Temperature),
    }
}

/// The last moment at which everything that is valid at `now_ms` still is.
pub(super) fn valid_until(patient: &Patient, now_ms: i64) -> Option<i64> {
    let numbers = SCORED
        .into_iter()
        .filter_map(|vital| Some(patient.number(vital)?.time_ms.saturating_add(window_ms(vital))));
    let oxygen = patient.oxygen().map(|latest| latest.time_ms.saturating_add(OBSERVED_MS));
    let level = patient.consciousness().map(|latest| latest.time_ms.saturating_add(OBSERVED_MS));
    numbers.chain(oxygen).chain(level).filter(|until| *until >= now_ms).min()
}

/// The score at `now_ms`.
pub(super) fn news2(patient: &Patient, now_ms: i64) -> News2State {
    let score = news2::score(&observations(patient, now_ms), Spo2Scale::One);
    let part = |part: Part| News2Part { name: part.into(), score: score.part(part) };
    News2State {
        total: score.total(),
        partial: score.partial(),
        band: score.band().map(Into::into),
        parts: PARTS.into_iter().map(part).collect(),
    }
}
