//! Finds the counterfactual of a person.
//!
//! Only changeable features change. Size is counted in standard deviations of the training data
//! and summed over the features. A counterfactual describes the model, not the body: no person's
//! risk changes by a number in a form.

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Features};

use crate::{pipeline::Pipeline, stats::probability};

use super::{
    goal::{Goal, differs},
    options::{Options, retract},
    search::Search,
};

/// The features that can change. Age, pregnancies and relatives can't.
pub const CHANGEABLE: [&str; 5] = ["glucose", "blood_pressure", "skin_thickness", "insulin", "bmi"];

const NOTE: &str = "Describes the model, not what to do: not a recommendation. Only measured \
    values are changed, within the range of the training data.";

/// The smallest change that crosses the threshold, if there is one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Counterfactual {
    /// True if such a change exists.
    pub found: bool,
    /// True if every combination was examined or ruled out; else a smaller change may exist.
    pub exhaustive: bool,
    /// The threshold to cross.
    pub threshold: f64,
    /// The changed values; empty if no change crosses.
    pub changes: Vec<Change>,
    /// The sum of the changes, in standard deviations of the training data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// The predicted probability with the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// A note on its interpretation.
    pub note: &'static str,
}

/// A changed value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
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

/// Finds the smallest change of changeable values, within the features' `ranges`, that takes the
/// prediction to the other side of `threshold`.
///
/// The search combines values a fifth of a standard deviation apart, all five features at once.
/// Then every change is reduced step by step while the prediction still crosses.
#[must_use]
pub fn counterfactual(
    pipeline: &Pipeline,
    ranges: &[[f64; 2]; FEATURE_COUNT],
    features: &Features,
    threshold: f64,
) -> Counterfactual {
    let person = *features.values();
    // A missing value can't change: its size would be unknown.
    let goal = Goal::opposite(pipeline, &person, threshold);
    let deviations = pipeline.preprocessor.deviations();
    let changeable: Vec<usize> = (0..FEATURE_COUNT)
        .filter(|j| CHANGEABLE.contains(&FEATURES[*j].name) && !person[*j].is_nan())
        .collect();
    // Search on a coarse grid, then reduce the result at full resolution.
    let options =
        changeable.iter().map(|j| Options::of(*j, person[*j], ranges[*j], deviations[*j]));
    let search = Search::new(pipeline, &goal, person, options.collect());
    let found = search.run();
    let exhaustive = found.exhaustive;
    let Some(far) = found.person else {
        return Counterfactual::none(threshold, exhaustive);
    };
    let to = retract(pipeline, &goal, &person, far);
    let changed = changeable.into_iter().filter(|j| differs(to[*j], person[*j]));
    let changes: Vec<Change> = changed
        .map(|j| Change {
            feature: FEATURES[j].name,
            unit: FEATURES[j].unit,
            from: person[j],
            to: to[j],
            standardised: (to[j] - person[j]) / deviations[j],
        })
        .collect();
    Counterfactual {
        found: true,
        exhaustive,
        threshold,
        distance: Some(changes.iter().map(|change| change.standardised.abs()).sum()),
        changes,
        // Predicted again: the tables of the search have rounding errors.
        probability: Some(probability(pipeline.log_odds(&to))),
        note: NOTE,
    }
}

impl Counterfactual {
    fn none(threshold: f64, exhaustive: bool) -> Self {
        Self {
            found: false,
            exhaustive,
            threshold,
            changes: Vec::new(),
            distance: None,
            probability: None,
            note: NOTE,
        }
    }
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
