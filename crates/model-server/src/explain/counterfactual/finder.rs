//! What would have to be different for the model to answer differently.
//!
//! Of the values that can change at all, the smallest change, counted in standard deviations of
//! the training data and summed over the features, with which the prediction crosses the
//! threshold. It describes the model, not the body: nobody's risk changes by a number in a form.

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Features};

use crate::{model::probability, pipeline::Pipeline};

use super::{
    options::{Options, taken_back},
    search::Search,
};

/// What can change. Age, pregnancies and relatives can't.
pub const CHANGEABLE: [&str; 5] = ["glucose", "blood_pressure", "skin_thickness", "insulin", "bmi"];

const NOTE: &str = "Describes the model, not what to do: not a recommendation. Only measured \
    values are changed, within the range of the training data.";

/// The smallest change that crosses the threshold, or that there is none.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Counterfactual {
    /// Whether there is such a change.
    pub found: bool,
    /// Whether every combination was looked at or ruled out. When not, a smaller change may
    /// exist.
    pub exhaustive: bool,
    /// The probability that is crossed.
    pub threshold: f64,
    /// What changes; empty when there is none.
    pub changes: Vec<Change>,
    /// The sum of the changes, in standard deviations of the training data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// The probability with the changes, predicted by the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// How to read it.
    pub note: &'static str,
}

/// One value that is different.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// The feature.
    pub feature: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The value that was sent.
    pub from: f64,
    /// The value that crosses the threshold together with the other changes.
    pub to: f64,
    /// The difference in standard deviations of the training data.
    pub standardised: f64,
}

/// The smallest change of changeable values, within the ranges `[least, most]` of the features'
/// values, that takes the prediction to the other side of `threshold`.
///
/// Values a fifth of a standard deviation apart are combined, all five features at once; then
/// every change is taken back step by step for as long as it still crosses.
#[must_use]
pub fn counterfactual(
    pipeline: &Pipeline,
    ranges: &[[f64; 2]; FEATURE_COUNT],
    features: &Features,
    threshold: f64,
) -> Counterfactual {
    let person = *features.values();
    let goal = Goal::opposite(pipeline, &person, threshold);
    let deviations = pipeline.preprocessor.deviations();
    let changeable: Vec<usize> = (0..FEATURE_COUNT)
        .filter(|j| CHANGEABLE.contains(&FEATURES[*j].name) && !person[*j].is_nan())
        .collect();
    let options =
        changeable.iter().map(|j| Options::of(*j, person[*j], ranges[*j], deviations[*j]));
    let search = Search::new(pipeline, &goal, person, options.collect());
    let found = search.run();
    let exhaustive = found.exhaustive;
    let Some(to) = found.person.map(|far| taken_back(pipeline, &goal, &person, far)) else {
        return Counterfactual::none(threshold, exhaustive);
    };
    let change = |j: usize| Change {
        feature: FEATURES[j].name,
        unit: FEATURES[j].unit,
        from: person[j],
        to: to[j],
        standardised: (to[j] - person[j]) / deviations[j],
    };
    let changes: Vec<Change> =
        changeable.into_iter().filter(|j| differs(to[*j], person[*j])).map(change).collect();
    Counterfactual {
        found: true,
        exhaustive,
        threshold,
        distance: Some(changes.iter().map(|change| change.standardised.abs()).sum()),
        changes,
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

/// The other side of the threshold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal {
    threshold: f64,
    /// Whether the probability has to rise.
    upwards: bool,
}

impl Goal {
    fn opposite(pipeline: &Pipeline, person: &[f64; FEATURE_COUNT], threshold: f64) -> Self {
        let p = probability(pipeline.log_odds(person));
        Self { threshold, upwards: p < threshold }
    }

    /// Log-odds that a score has to move in the goal's direction; below zero when it is beyond.
    pub(super) fn gain_needed(&self, log_odds: f64) -> f64 {
        let to_go = (self.threshold / (1.0 - self.threshold)).ln() - log_odds;
        if self.upwards { to_go } else { -to_go }
    }

    /// Whether a score in log-odds is on this side.
    pub(super) fn reached(&self, log_odds: f64) -> bool {
        (probability(log_odds) >= self.threshold) == self.upwards
    }
}

pub(super) fn differs(a: f64, b: f64) -> bool {
    (a - b).abs() > f64::EPSILON
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
