//! Finds the counterfactual of a person.
//!
//! Only changeable features change. Size is counted in standard deviations of the training data
//! and summed over the features. A counterfactual describes the model, not the body: no person's
//! risk changes by a number in a form.

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Features};

use crate::{pipeline::Pipeline, stats::probability};

use super::{candidates::Candidates, goal::Goal, search::Search};

/// The features that can change. Age, pregnancies and relatives can't.
pub const CHANGEABLE: [&str; 5] = ["glucose", "blood_pressure", "skin_thickness", "insulin", "bmi"];

/// Features that a counterfactual changes at most, unless more are asked for: more of them are no
/// explanation that a person can follow.
pub const MAX_CHANGES: usize = 2;

const NOTE: &str = "Describes the model, not what to do: not a recommendation. Only measured \
    values are changed, within the range of the training data: lower ones to lower the risk, higher \
    ones to raise it.";

/// The smallest change that crosses the threshold, if there is one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counterfactual {
    /// True if such a change exists.
    pub found: bool,
    /// True if every combination was examined or ruled out; else a smaller change may exist.
    pub exhaustive: bool,
    /// The threshold to cross.
    pub threshold: f64,
    /// Features that may change at the same time.
    pub max_features: usize,
    /// The changed values; empty if no change crosses.
    pub changes: Vec<Change>,
    /// The sum of the changes, in standard deviations of the training data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub distance: Option<f64>,
    /// The predicted probability with the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub probability: Option<f64>,
    /// A note on its interpretation.
    pub note: &'static str,
}

/// A changed value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Change {
    /// The feature.
    pub feature: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The value sent.
    pub from: f64,
    /// The value that crosses the threshold together with the other changes.
    pub to: f64,
    /// The difference in standard deviations of the training data.
    pub standardised: f64,
}

/// Finds the smallest change of at most `max_features` changeable values that takes the prediction to
/// the other side of `threshold`.
///
/// The result is exact: every value at the features' own resolution, within the range of the training
/// rows, is examined or ruled out. Values fall to lower the risk and rise to raise it, whatever a
/// curve's shape: a change that medicine takes for a worsening is no way to a lower risk.
#[must_use]
pub fn counterfactual(
    pipeline: &Pipeline,
    features: &Features,
    threshold: f64,
    max_features: usize,
) -> Counterfactual {
    let person = *features.values();
    let goal = Goal::opposite(pipeline, &person, threshold);
    // A missing value can't change: its size would be unknown.
    let changeable: Vec<usize> = (0..FEATURE_COUNT)
        .filter(|j| CHANGEABLE.contains(&FEATURES[*j].name) && !person[*j].is_nan())
        .collect();
    let candidates = changeable.iter().map(|j| Candidates::of(pipeline, &goal, &person, *j));
    let search = Search::new(pipeline, &goal, &person, candidates.collect(), max_features);
    let found = search.run(&person);

    let to = found.person.unwrap_or(person);
    let deviations = pipeline.preprocessor.deviations();
    // Only the features that the search has moved are changes.
    let changed = changeable.into_iter().filter(|j| (to[*j] - person[*j]).abs() > f64::EPSILON);
    let changes: Vec<Change> = changed
        .map(|j| Change {
            feature: FEATURES[j].name,
            unit: FEATURES[j].unit,
            from: person[j],
            to: to[j],
            standardised: (to[j] - person[j]) / deviations[j],
        })
        .collect();
    let distance = changes.iter().map(|change| change.standardised.abs()).sum();
    Counterfactual {
        found: found.person.is_some(),
        exhaustive: found.exhaustive,
        threshold,
        max_features,
        changes,
        distance: found.person.map(|_| distance),
        probability: found.person.map(|to| probability(pipeline.log_odds(&to))),
        note: NOTE,
    }
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
