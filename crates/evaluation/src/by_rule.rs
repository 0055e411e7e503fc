//! The share of each rule of the watch in detections and false alarms, at the default limits.

use std::collections::BTreeMap;

use vitals_core::domain::watch::Rule;

use crate::patient_day::{PatientDay, patient_days};

/// The alarms of one rule on all patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    /// Episodes in which the rule raised any alarm.
    pub(crate) noticed: u32,
    /// Episodes in which the rule raised a medium or high alarm.
    pub(crate) detected: u32,
    /// Episodes in which no other rule did.
    pub(crate) alone: u32,
    /// Medium and high alarms outside episodes.
    pub(crate) false_alarms: u32,
    /// Low alarms outside episodes.
    pub(crate) low_alarms: u32,
}

/// The shares of all rules.
pub(crate) fn shares(days: &[PatientDay]) -> BTreeMap<Rule, Share> {
    let mut shares: BTreeMap<Rule, Share> = BTreeMap::new();
    for day in days {
        // A rule that detects alone shows what the watch would miss without it.
        let detecting = day.rules.values().filter(|outcome| outcome.urgent_ms.is_some()).count();
        for (rule, outcome) in &day.rules {
            let share = shares.entry(*rule).or_default();
            let detects = outcome.urgent_ms.is_some();
            share.noticed += u32::from(outcome.detected_ms.is_some());
            share.detected += u32::from(detects);
            share.alone += u32::from(detects && detecting == 1);
            share.false_alarms += outcome.false_alarms;
            share.low_alarms += outcome.low_alarms;
        }
    }
    shares
}

/// Prints the rules that raised an alarm about a patient, as Markdown.
pub(crate) fn print(days: &[PatientDay]) {
    let patient_days = patient_days(days);
    println!(
        "\n| rule | episodes | with medium or high | alone | false alarms/day | low alarms/day |"
    );
    println!("|---|---|---|---|---|---|");
    for (rule, share) in shares(days) {
        let Share { noticed, detected, alone, false_alarms, low_alarms } = share;
        if share == Share::default() {
            continue;
        }
        let wrong = f64::from(false_alarms) / patient_days;
        let low = f64::from(low_alarms) / patient_days;
        println!("| {rule} | {noticed} | {detected} | {alone} | {wrong:.3} | {low:.3} |");
    }
}
