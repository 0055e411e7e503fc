//! The value of a vital that is displayed and scored, of those that the devices deliver.
//!
//! The newest value counts. If several devices deliver at the same time, the worse value counts: the
//! one with the higher NEWS2 score, and of equal ones that further beyond the limits of adults. NEWS2
//! does not apply to children: that further beyond the limits of the age counts. An artefact that looks
//! ill gets a visit, an artefact that looks well does not.

use std::cmp::Reverse;

use crate::domain::{
    limits,
    news2::{self, Observations, Part},
    patient_context::VitalLimits,
    vital::Vital,
};

use super::{
    latest::Latest,
    patient::Patient,
    score::scale,
    signal::{Measurement, Purpose},
};

/// Time by which the oximeter's pulse must be newer than the ECG's rate to replace it. Within it,
/// the ECG's rate is preferred.
pub(super) const RATE_SWITCH_MS: i64 = 10_000;

/// The value of `vital` that counts, if the patient has any.
#[must_use]
pub fn chosen(patient: &Patient, vital: Vital, purpose: Purpose) -> Option<&Latest<Measurement>> {
    let concurrent = patient.signal(vital).concurrent(purpose, &patient.devices);
    concurrent.max_by(|one, other| {
        let [(one_score, one_excess), (other_score, other_excess)] =
            [one, other].map(|latest| badness(patient, vital, latest.value.value));
        let order = one_score.cmp(&other_score).then(one_excess.total_cmp(&other_excess));
        // Of equal values, that of the device seen first.
        order.then(Reverse(one.stamp.device).cmp(&Reverse(other.stamp.device)))
    })
}

/// The NEWS2 score of a value, and its distance from the middle of the limits, in halves of their
/// range. The limits are those of adults, or of a child's age; a child has no score.
fn badness(patient: &Patient, vital: Vital, value: f64) -> (u8, f64) {
    let now_ms = patient.last_arrival_ms();
    let child = patient.context().filter(|context| context.is_child(now_ms));
    let own = child.and_then(|child| limits::of_patient(child, vital, now_ms));
    let VitalLimits { low, high } = own.unwrap_or_else(|| limits::adult(vital));
    // A saturation has no upper limit: the lower one is worse.
    let excess = match (low, high) {
        (Some(low), Some(high)) => (value - f64::midpoint(low, high)).abs() / ((high - low) / 2.0),
        (Some(low), None) => low - value,
        (None, Some(high)) => value - high,
        (None, None) => 0.0,
    };
    let score = if child.is_some() { 0 } else { severity(patient, vital, value) };
    (score, excess)
}

/// The vital that is displayed and scored as the pulse, with its value.
#[must_use]
pub fn rate(patient: &Patient, purpose: Purpose) -> Option<(Vital, &Latest<Measurement>)> {
    let heart = chosen(patient, Vital::HeartRate, purpose);
    let pulse = chosen(patient, Vital::Pulse, purpose);
    match (heart, pulse) {
        (Some(heart), Some(pulse)) => {
            let heart_ms = patient.devices.place(&heart.stamp);
            let ahead_ms = patient.devices.place(&pulse.stamp).saturating_sub(heart_ms);
            // The oximeter may miss weak beats, so its pulse only replaces a rate of the ECG that
            // stays away.
            let replaced = ahead_ms > RATE_SWITCH_MS;
            Some(if replaced { (Vital::Pulse, pulse) } else { (Vital::HeartRate, heart) })
        }
        (Some(heart), None) => Some((Vital::HeartRate, heart)),
        (None, Some(pulse)) => Some((Vital::Pulse, pulse)),
        (None, None) => None,
    }
}

/// The NEWS2 score of one value on the patient's scale; 0 for vitals that are not scored.
pub(super) fn severity(patient: &Patient, vital: Vital, value: f64) -> u8 {
    let value = Some(value);
    // On scale 2 a high saturation scores under oxygen only.
    let supplemental_oxygen = Some(patient.oxygen().is_some_and(|latest| latest.value));
    let none = Observations { supplemental_oxygen, ..Observations::default() };
    let (part, alone) = match vital {
        Vital::HeartRate | Vital::Pulse => (Part::Pulse, Observations { pulse: value, ..none }),
        Vital::Spo2 => (Part::Spo2, Observations { spo2: value, ..none }),
        Vital::Systolic => (Part::Systolic, Observations { systolic: value, ..none }),
        Vital::RespiratoryRate => {
            (Part::RespiratoryRate, Observations { respiratory_rate: value, ..none })
        }
        Vital::Temperature => (Part::Temperature, Observations { temperature: value, ..none }),
        // NEWS2 scores the systolic pressure alone.
        Vital::Diastolic | Vital::MeanPressure => return 0,
    };
    news2::score(&alone, scale(patient)).part(part).unwrap_or_default()
}
