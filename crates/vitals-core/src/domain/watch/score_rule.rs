//! The NEWS2 band as a rule. A lower bound counts: the band that it reaches is certain.

use super::{
    finding::{Finding, Verdicts, Words},
    limit_rules::short_name,
    rule::{Priority, Rule},
};
use crate::domain::{
    bedside::{Patient, known_score},
    news2::{Band, PARTS, Part, Score},
    vital::Vital,
};

/// Judges the band of the last known values, so that neither time nor an omitted value ends an
/// alarm.
pub(super) fn judge(patient: &Patient, now_ms: i64, verdicts: &mut Verdicts) {
    let Some(score) = known_score(patient, now_ms) else { return };
    // The bands of NEWS2 begin at totals of 5 and 7, and at a score of 3 in a single part.
    let (priority, limit) = match score.lower_band() {
        Band::Low => return,
        Band::LowMedium => (Priority::Low, 3.0),
        Band::Medium => (Priority::Medium, 5.0),
        Band::High => (Priority::High, 7.0),
    };
    verdicts.found.push(Finding {
        rule: Rule::News2,
        priority,
        value: Some(f64::from(score.partial())),
        limit: Some(limit),
        device: None,
        words: Words::Score(score),
    });
}

/// The band that an alarm's priority stands for.
pub(super) const fn band(priority: Option<Priority>) -> Band {
    match priority {
        Some(Priority::High) => Band::High,
        Some(Priority::Medium) => Band::Medium,
        Some(Priority::Low) => Band::LowMedium,
        Some(Priority::Technical) | None => Band::Low,
    }
}

/// The total with the parts that score, for example `NEWS2 7: RR 3, SpO2 2, HR 2`.
pub(super) fn words(score: &Score) -> String {
    let parts: Vec<_> = PARTS
        .into_iter()
        .filter_map(|part| Some((part, score.part(part)?)))
        .filter(|(_, points)| *points > 0)
        .map(|(part, points)| format!("{} {points}", part_name(part)))
        .collect();
    let bound = if score.total().is_none() { "at least " } else { "" };
    format!("NEWS2 {bound}{}: {}", score.partial(), parts.join(", "))
}

const fn part_name(part: Part) -> &'static str {
    match part {
        Part::RespiratoryRate => short_name(Vital::RespiratoryRate),
        Part::Spo2 => short_name(Vital::Spo2),
        Part::AirOrOxygen => "oxygen",
        Part::Systolic => short_name(Vital::Systolic),
        Part::Pulse => short_name(Vital::HeartRate),
        Part::Consciousness => "consciousness",
        Part::Temperature => short_name(Vital::Temperature),
    }
}
