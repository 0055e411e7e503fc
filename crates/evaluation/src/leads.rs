//! The time from the onset of a deterioration to its alarm, and from there to a NEWS2 of 7.

use std::collections::BTreeSet;

use crate::{
    matched::Comparison,
    patient_day::PatientDay,
    rule_set::{RULE_SETS, RuleSet},
};

/// The index of each rule set's default threshold.
pub(crate) fn at_defaults() -> Vec<(RuleSet, Option<usize>)> {
    RULE_SETS.map(|set| (set, set.index_of(set.default_threshold()))).into()
}

/// The index of each rule set's matched threshold, by the strict definition: a low alarm calls
/// nobody.
pub(crate) fn at_matched(comparisons: &[Comparison]) -> Vec<(RuleSet, Option<usize>)> {
    let strict = comparisons.iter().find(|comparison| comparison.strict);
    strict.map(|comparison| comparison.matched.clone()).unwrap_or_default()
}

/// The detections of the episodes of one label by one rule set at one threshold, by medium and high alarms; medians.
pub(crate) struct Lead {
    pub(crate) label: String,
    pub(crate) set: RuleSet,
    pub(crate) detected: f64,
    pub(crate) after_min: Option<f64>,
    pub(crate) lead_min: Option<f64>,
}

/// The detections of every label at these thresholds.
pub(crate) fn leads(thresholds: &[(RuleSet, Option<usize>)], days: &[PatientDay]) -> Vec<Lead> {
    let mut rows = Vec::new();
    let labels: BTreeSet<&String> = days.iter().filter_map(|day| day.label.as_ref()).collect();
    for label in labels {
        let ill: Vec<_> = days.iter().filter(|day| day.label.as_ref() == Some(label)).collect();
        for (set, index) in thresholds {
            let Some(index) = index else { continue };
            let mut after = Vec::new();
            let mut lead = Vec::new();
            for day in &ill {
                let Some(detection_ms) = day.outcomes(*set)[*index].detection_ms(true) else {
                    continue;
                };
                after.push(detection_ms);
                // An episode may end before its total reaches 7.
                lead.extend(day.emergency_ms.map(|emergency_ms| emergency_ms - detection_ms));
            }
            #[expect(clippy::cast_precision_loss, reason = "a number of patients")]
            let detected = after.len() as f64 / ill.len().max(1) as f64;
            rows.push(Lead {
                label: label.clone(),
                set: *set,
                detected,
                after_min: median_minutes(&mut after),
                lead_min: median_minutes(&mut lead),
            });
        }
    }
    rows
}

fn median_minutes(times_ms: &mut [i64]) -> Option<f64> {
    times_ms.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a time of hours")]
    times_ms.get(times_ms.len() / 2).map(|time_ms| *time_ms as f64 / 60_000.0)
}
