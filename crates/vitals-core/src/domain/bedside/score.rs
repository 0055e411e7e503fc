//! NEWS2 of a patient, and the patient's rank.
//!
//! An expired value counts as missing: the score becomes incomplete, never lower. The rank also
//! counts expired values, each until a later one replaces it: neither time nor a reading that
//! omits a value lowers it.

use serde::{Deserialize, Serialize};

use crate::domain::{
    news2::{self, Band, Observations, PARTS, Part, Score, Spo2Scale},
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

/// The score of one part of NEWS2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartScore {
    /// The part.
    pub part: Part,
    /// 0 to 3; `None` if its input is missing or expired.
    pub score: Option<u8>,
    /// Time of the last known input, even if it has expired.
    pub time_ms: Option<i64>,
    /// The vital behind the part; `None` for oxygen and consciousness.
    pub vital: Option<Vital>,
}

/// The band by which a patient is sorted and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// The band that the last known inputs reach. Expired inputs count until later ones replace
    /// them, and the rate of the ECG until a later one does.
    pub band: Band,
    /// Time of the oldest former input if the rank rests on former inputs: expired ones, and a rate
    /// of the ECG that a lower pulse has replaced.
    pub as_of_ms: Option<i64>,
}

/// A patient's NEWS2 at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// 0 to 20; `None` while a part is missing.
    pub total: Option<u8>,
    /// Sum of the known parts: a lower bound on the total.
    pub partial: u8,
    /// The band that the total, or else the lower bound, reaches; `None` if a lower bound reaches
    /// none above Low, or NEWS2 does not apply.
    pub band: Option<Band>,
    /// `None` if NEWS2 does not apply.
    pub rank: Option<Rank>,
    /// The reason that NEWS2 does not apply; `None` if it does.
    pub not_applicable: Option<NotApplicable>,
    /// All seven parts, in the order of the chart; none if NEWS2 does not apply.
    pub parts: Vec<PartScore>,
}

/// The score and the rank at `now_ms`.
#[must_use]
pub fn assess(patient: &Patient, now_ms: i64) -> Assessment {
    // No score rather than a wrong one.
    if let Some(reason) = not_applicable(patient, now_ms) {
        return without_score(reason);
    }
    // Only values that are valid now; the rank goes by the last known ones.
    let score = score_at(patient, Some(now_ms));
    let parts = PARTS.into_iter().map(|part| PartScore {
        part,
        score: score.part(part),
        time_ms: stamp(patient, part).map(|stamp| patient.devices.place(&stamp)),
        vital: vital(patient, part),
    });
    Assessment {
        total: score.total(),
        partial: score.partial(),
        band: score.certain_band(),
        rank: Some(rank(patient, &score)),
        not_applicable: None,
        parts: parts.collect(),
    }
}

const fn without_score(reason: NotApplicable) -> Assessment {
    Assessment {
        total: None,
        partial: 0,
        band: None,
        rank: None,
        not_applicable: Some(reason),
        parts: Vec::new(),
    }
}

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

/// The band of the rank at `now_ms`; `None` if NEWS2 does not apply.
#[must_use]
pub fn rank_band(patient: &Patient, now_ms: i64) -> Option<Band> {
    let known = known_score(patient, now_ms)?;
    Some(higher_band(&known, &score_at(patient, Some(now_ms))))
}

/// The higher band of both scores: time alone never lowers a rank.
fn higher_band(known: &Score, valid: &Score) -> Band {
    known.lower_band().max(valid.lower_band())
}

/// The score of the values that count, at `now_ms` or regardless of their age.
fn score_at(patient: &Patient, now_ms: Option<i64>) -> Score {
    news2::score(&observations(patient, now_ms), scale(patient))
}

fn rank(patient: &Patient, score: &Score) -> Rank {
    let known = score_at(patient, None);
    let band = higher_band(&known, score);
    // The oldest of the former values without which the rank would be lower.
    let points = |score: &Score, part| score.part(part).unwrap_or(0);
    let former = PARTS.into_iter().filter(|part| points(&known, *part) > points(score, *part));
    let oldest_ms = former
        .filter_map(|part| match part {
            Part::Pulse => held_rate(patient).map(|(_, latest)| latest.stamp),
            part => stamp(patient, part),
        })
        .map(|stamp| patient.devices.place(&stamp))
        .min();
    Rank { band, as_of_ms: oldest_ms.filter(|_| band > score.lower_band()) }
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
fn held_rate(patient: &Patient) -> Option<(Vital, &Latest<Measurement>)> {
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
fn vital(patient: &Patient, part: Part) -> Option<Vital> {
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
fn stamp(patient: &Patient, part: Part) -> Option<Stamp> {
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
