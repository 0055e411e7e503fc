//! Performance by group.

use serde::Serialize;
use vitals_core::domain::features::Feature;

use crate::stats::mean;

use super::{
    intervals::{Evidence, Interval},
    rounded::rounded,
};

/// Minimum rows of each outcome for figures of a group.
const MIN_ROWS: usize = 10;

/// The performance in one group of people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The feature that defines the group.
    pub by: &'static str,
    /// The range of the feature.
    pub group: &'static str,
    /// Number of people.
    pub rows: usize,
    /// Number of people with diabetes.
    pub positives: usize,
    /// Mean probability, over all repeats.
    pub predicted: f64,
    /// Share of people with diabetes.
    pub observed: f64,
    /// Area under the ROC curve within the group; absent if it is too small.
    pub roc_auc: Option<Interval>,
    /// Brier score within the group; absent if it is too small.
    pub brier: Option<Interval>,
}

/// A feature's range: from the first bound to below the second. NaN as the first is "not
/// measured".
struct Cut(&'static str, &'static str, f64, f64);

impl Cut {
    fn contains(&self, value: f64) -> bool {
        let Self(_, _, from, below) = *self;
        if from.is_nan() { value.is_nan() } else { (from..below).contains(&value) }
    }
}

const CUTS: [Cut; 14] = [
    Cut("age", "21 to 29", 21.0, 30.0),
    Cut("age", "30 to 39", 30.0, 40.0),
    Cut("age", "40 to 49", 40.0, 50.0),
    Cut("age", "50 or more", 50.0, f64::INFINITY),
    Cut("bmi", "below 25", 0.0, 25.0),
    Cut("bmi", "25 to below 30", 25.0, 30.0),
    Cut("bmi", "30 to below 35", 30.0, 35.0),
    Cut("bmi", "35 or more", 35.0, f64::INFINITY),
    Cut("bmi", "not measured", f64::NAN, f64::NAN),
    Cut("pregnancies", "none", 0.0, 1.0),
    Cut("pregnancies", "1 to 4", 1.0, 5.0),
    Cut("pregnancies", "5 or more", 5.0, f64::INFINITY),
    Cut("insulin", "measured", 0.0, f64::INFINITY),
    Cut("insulin", "not measured", f64::NAN, f64::NAN),
];

pub(super) fn table(evidence: &Evidence<'_>) -> Vec<Group> {
    CUTS.iter().map(|cut| group(cut, evidence)).collect()
}

fn group(cut: &Cut, evidence: &Evidence<'_>) -> Group {
    let Cut(by, group, ..) = *cut;
    let data = evidence.data;
    // Not imputed: the women whose value was not measured are a group of their own.
    let column = Feature::position(by).map(|j| data.rows.column(j));
    let is_member: Vec<bool> = column.iter().flatten().map(|value| cut.contains(*value)).collect();
    let rows: Vec<usize> = (0..is_member.len()).filter(|row| is_member[*row]).collect();
    let positives = rows.iter().filter(|row| data.outcomes[**row]).count();
    let repeats = evidence.validation.repeats.iter();
    let probabilities = repeats.flat_map(|repeat| rows.iter().map(|row| repeat[*row].probability));
    // Small groups get counts, but no figures.
    let enough = positives >= MIN_ROWS && rows.len() - positives >= MIN_ROWS;
    let figures = if enough { Some(evidence.intervals(|row| is_member[row])) } else { None };
    Group {
        by,
        group,
        rows: rows.len(),
        positives,
        predicted: rounded(mean(probabilities)),
        observed: rounded(positives as f64 / rows.len() as f64),
        roc_auc: figures.map(|[roc_auc, ..]| roc_auc),
        brier: figures.map(|[_, brier, _]| brier),
    }
}
