//! The value of a vital that is displayed and scored, of those that the devices deliver.
//!
//! The newest value counts. If several devices deliver at the same time, the value with the higher
//! NEWS2 score counts, and of equal ones that of the device seen first: an artefact that looks ill
//! gets a visit, an artefact that looks well does not.

use crate::domain::{
    news2::{self, Observations, Part, Spo2Scale},
    vital::Vital,
};

use super::{
    latest::Latest,
    patient::Patient,
    signal::{Measurement, Purpose},
};

/// Time by which the oximeter's pulse must be newer than the ECG's rate to replace it. Within it,
/// the ECG's rate is preferred.
pub(super) const RATE_SWITCH_MS: i64 = 10_000;

/// The value of `vital` that counts, if the patient has any.
#[must_use]
pub fn chosen(patient: &Patient, vital: Vital, purpose: Purpose) -> Option<&Latest<Measurement>> {
    let concurrent = patient.signal(vital).concurrent(purpose, &patient.devices);
    concurrent.into_iter().max_by_key(|latest| {
        (severity(vital, latest.value.value), std::cmp::Reverse(latest.stamp.device))
    })
}

/// The vital that is displayed and scored as the pulse, with its value.
#[must_use]
pub fn rate(patient: &Patient, purpose: Purpose) -> Option<(Vital, &Latest<Measurement>)> {
    let heart = chosen(patient, Vital::HeartRate, purpose);
    let pulse = chosen(patient, Vital::Pulse, purpose);
    match (heart, pulse) {
        (Some(heart), Some(pulse)) => {
            let ahead_ms =
                patient.devices.place(&pulse.stamp) - patient.devices.place(&heart.stamp);
            let replaced = ahead_ms > RATE_SWITCH_MS;
            Some(if replaced { (Vital::Pulse, pulse) } else { (Vital::HeartRate, heart) })
        }
        (Some(heart), None) => Some((Vital::HeartRate, heart)),
        (None, Some(pulse)) => Some((Vital::Pulse, pulse)),
        (None, None) => None,
    }
}

/// The NEWS2 score of one value; 0 for vitals that are not scored.
pub(super) fn severity(vital: Vital, value: f64) -> u8 {
    let value = Some(value);
    let none = Observations::default();
    let (part, alone) = match vital {
        Vital::HeartRate | Vital::Pulse => (Part::Pulse, Observations { pulse: value, ..none }),
        Vital::Spo2 => (Part::Spo2, Observations { spo2: value, ..none }),
        Vital::Systolic => (Part::Systolic, Observations { systolic: value, ..none }),
        Vital::RespiratoryRate => {
            (Part::RespiratoryRate, Observations { respiratory_rate: value, ..none })
        }
        Vital::Temperature => (Part::Temperature, Observations { temperature: value, ..none }),
        Vital::Diastolic | Vital::MeanPressure => return 0,
    };
    news2::score(&alone, Spo2Scale::One).part(part).unwrap_or_default()
}
