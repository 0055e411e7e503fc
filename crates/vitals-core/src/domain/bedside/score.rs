//! The score of a patient's values in NEWS2.
//!
//! An expired value counts as missing: the score becomes incomplete, never lower.

use crate::domain::{
    news2::{self, Observations, PARTS, Part, Score, Spo2Scale},
    patient_context::{NotApplicable, PatientContext},
    vital::Vital,
};

use super::{
    chosen::{chosen, rate, severity},
    latest::{Latest, Stamp},
    patient::Patient,
    signal::{Measurement, Purpose},
};

const MINUTE_MS: i64 = 60_000;

/// Validity of a continuously monitored value (heart rate, pulse, SpO2, respiratory rate). Long
/// enough for a short artefact or a trip to the bathroom, too short to score a patient who is no
/// longer monitored. A judgement of this project.
pub const CONTINUOUS_MS: i64 = 5 * MINUTE_MS;

/// Validity of a value observed in rounds (cuff pressure, temperature, oxygen, consciousness):
/// the longest interval between two rounds that NEWS2 allows.
pub const OBSERVED_MS: i64 = 12 * 60 * MINUTE_MS;

/// The SpO2 scale of the patient's prescription.
pub(super) fn scale(patient: &Patient) -> Spo2Scale {
    patient.context().map(PatientContext::spo2_scale).unwrap_or_default()
}

/// The reason that NEWS2 does not apply at `now_ms`; `None` if it applies.
#[must_use]
pub fn not_applicable(patient: &Patient, now_ms: i64) -> Option<NotApplicable> {
    patient.context()?.not_applicable(now_ms)
}

/// The score of the last known values, whatever their age; `None` if NEWS2 does not apply.
#[must_use]
pub fn known_score(patient: &Patient, now_ms: i64) -> Option<Score> {
    if not_applicable(patient, now_ms).is_some() {
        return None;
    }
    Some(score_at(patient, None))
}

/// The score of the values that are valid at `now_ms`; `None` if NEWS2 does not apply.
#[must_use]
pub fn valid_score(patient: &Patient, now_ms: i64) -> Option<Score> {
    if not_applicable(patient, now_ms).is_some() {
        return None;
    }
    Some(score_at(patient, Some(now_ms)))
}

/// The score of the values that count, at `now_ms` or regardless of their age.
pub(super) fn score_at(patient: &Patient, now_ms: Option<i64>) -> Score {
    news2::score(&observations(patient, now_ms), scale(patient))
}

/// End of validity of the first value to expire, of those valid at `now_ms`.
#[must_use]
pub fn expires_ms(patient: &Patient, now_ms: i64) -> Option<i64> {
    let expiries = PARTS.into_iter().filter_map(|part| {
        let time_ms = patient.devices.place(&stamp(patient, part)?);
        Some(time_ms.saturating_add(window_ms(part)))
    });
    expiries.filter(|expires_ms| *expires_ms >= now_ms).min()
}

/// The doubted value of a part, with its vital, unless a later one is not doubted.
pub(super) fn doubted(patient: &Patient, part: Part) -> Option<(Vital, &Latest<Measurement>)> {
    let (vital, shown) = match part {
        Part::Pulse => rate(patient, Purpose::Display)?,
        Part::RespiratoryRate => shown(patient, Vital::RespiratoryRate)?,
        Part::Spo2 => shown(patient, Vital::Spo2)?,
        Part::Systolic => shown(patient, Vital::Systolic)?,
        Part::Temperature => shown(patient, Vital::Temperature)?,
        Part::AirOrOxygen | Part::Consciousness => return None,
    };
    if !shown.value.flagged {
        return None;
    }
    // A pulse beside a doubted ECG rate is a measurement of the same part.
    let sources = if part == Part::Pulse { [vital, Vital::Pulse] } else { [vital; 2] };
    let shown_ms = patient.devices.place(&shown.stamp);
    let replaced = sources.into_iter().any(|vital| {
        let scored = chosen(patient, vital, Purpose::Score);
        scored.is_some_and(|scored| patient.devices.place(&scored.stamp) >= shown_ms)
    });
    if replaced { None } else { Some((vital, shown)) }
}

fn shown(patient: &Patient, vital: Vital) -> Option<(Vital, &Latest<Measurement>)> {
    Some((vital, chosen(patient, vital, Purpose::Display)?))
}

/// The values that count, at `now_ms` or regardless of their age.
fn observations(patient: &Patient, now_ms: Option<i64>) -> Observations {
    let level = patient.consciousness();
    Observations {
        respiratory_rate: value(patient, Part::RespiratoryRate, now_ms),
        spo2: value(patient, Part::Spo2, now_ms),
        supplemental_oxygen: patient
            .oxygen()
            .and_then(|latest| valid(patient, latest, Part::AirOrOxygen, now_ms)),
        systolic: value(patient, Part::Systolic, now_ms),
        pulse: value(patient, Part::Pulse, now_ms),
        consciousness: level.and_then(|latest| valid(patient, latest, Part::Consciousness, now_ms)),
        temperature: value(patient, Part::Temperature, now_ms),
    }
}

/// The value of a measured part that counts, at `now_ms` or regardless of its age.
fn value(patient: &Patient, part: Part, now_ms: Option<i64>) -> Option<f64> {
    // A value before a doubted one no longer describes the patient.
    if now_ms.is_some() && doubted(patient, part).is_some() {
        return None;
    }
    let (vital, measured) = match part {
        Part::Pulse if now_ms.is_none() => held_rate(patient)?,
        // The oximeter's pulse stands in for an ECG that stays away.
        Part::Pulse => rate(patient, Purpose::Score)?,
        part => {
            let vital = vital(patient, part)?;
            (vital, chosen(patient, vital, Purpose::Score)?)
        }
    };
    // Nor does a value before a refused one: what the device sends now is not known.
    if now_ms.is_some() && patient.refusals.replaced(vital, &measured.stamp) {
        return None;
    }
    valid(patient, measured, part, now_ms).map(|measurement| measurement.value)
}

/// The rate of the last known values. A lower pulse does not replace the last rate of the ECG: it may
/// have gone on beside it, and then the reading merely omits the rate.
pub(super) fn held_rate(patient: &Patient) -> Option<(Vital, &Latest<Measurement>)> {
    let (vital, latest) = rate(patient, Purpose::Score)?;
    if vital == Vital::HeartRate {
        return Some((vital, latest));
    }
    let points = |latest: &Latest<Measurement>| severity(patient, vital, latest.value.value);
    let heart = chosen(patient, Vital::HeartRate, Purpose::Score);
    let held = heart.filter(|heart| points(heart) > points(latest));
    Some(held.map_or((vital, latest), |heart| (Vital::HeartRate, heart)))
}

/// The value, unless it has expired at `now_ms`.
#[must_use]
pub fn valid<T: Copy>(
    patient: &Patient,
    latest: &Latest<T>,
    part: Part,
    now_ms: Option<i64>,
) -> Option<T> {
    let time_ms = patient.devices.place(&latest.stamp);
    let expired = now_ms.is_some_and(|now_ms| now_ms.saturating_sub(time_ms) > window_ms(part));
    if expired { None } else { Some(latest.value) }
}

/// The vital behind a part; `None` for oxygen and consciousness, and for an unknown pulse.
pub(super) fn vital(patient: &Patient, part: Part) -> Option<Vital> {
    Some(match part {
        Part::RespiratoryRate => Vital::RespiratoryRate,
        Part::Spo2 => Vital::Spo2,
        Part::Systolic => Vital::Systolic,
        Part::Pulse => rate(patient, Purpose::Score)?.0,
        Part::Temperature => Vital::Temperature,
        Part::AirOrOxygen | Part::Consciousness => return None,
    })
}

/// The stamp of the last known value behind a part.
pub(super) fn stamp(patient: &Patient, part: Part) -> Option<Stamp> {
    match part {
        Part::AirOrOxygen => patient.oxygen().map(|latest| latest.stamp),
        Part::Consciousness => patient.consciousness().map(|latest| latest.stamp),
        Part::Pulse => rate(patient, Purpose::Score).map(|(_, latest)| latest.stamp),
        part => chosen(patient, vital(patient, part)?, Purpose::Score).map(|latest| latest.stamp),
    }
}

const fn window_ms(part: Part) -> i64 {
    match part {
        Part::RespiratoryRate | Part::Spo2 | Part::Pulse => CONTINUOUS_MS,
        Part::AirOrOxygen | Part::Systolic | Part::Consciousness | Part::Temperature => OBSERVED_MS,
    }
}
