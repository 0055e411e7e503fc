//! NEWS2 of a patient with its parts, and the patient's rank in the ward.
//!
//! The rank also counts expired values, each until a later one replaces it: neither time nor a reading
//! that omits a value lowers it.

use serde::{Deserialize, Serialize};

use crate::domain::{
    news2::{Band, PARTS, Part, Score},
    patient_context::NotApplicable,
    vital::Vital,
};

use super::{
    patient::Patient,
    score::{held_rate, known_score, not_applicable, score_at, stamp, vital},
};

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

/// The rank of a patient whose valid values have this score.
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
