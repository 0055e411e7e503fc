//! Conformal prediction sets: the outcomes that are usual at a score, at a chosen confidence.
//!
//! Label-conditional (Mondrian) cross-conformal prediction (Vovk, 2015; Vovk, Gammerman and
//! Shafer, Algorithmic Learning in a Random World, 2005): the p-value of an outcome is the share of
//! training rows of that outcome, this person included, that are at least as nonconforming. The
//! training rows are scored by models that were not fitted on them. The set contains every outcome
//! whose p-value is above one minus the confidence. It may contain both (undecided) or none: a score
//! between those usual for either outcome. A set says nothing about how unusual a person's values are.
//!
//! Guarantee: for new people exchangeable with the training rows, and within each outcome
//! separately, the share of sets that contain the true outcome is approximately the confidence.
//! Approximately, because the served model is fitted on all rows and the stored scores come from
//! models fitted on four fifths of them; the strict guarantee of split conformal prediction would
//! need rows that no model is fitted on. The share holds over the sets of all kinds together, not
//! among those of one kind: the errors of an easy model gather in the sets with one outcome. How often
//! a kind of set was right is therefore reported beside it.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::stats::round;

/// Decimals kept of a score.
const DECIMALS: i32 = 6;

/// Out-of-fold scores of the training rows, in calibrated log-odds, ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformal {
    /// Scores of the rows with diabetes.
    positive: Vec<f64>,
    /// Scores of the rows without diabetes.
    negative: Vec<f64>,
}

/// The share of sets that should contain the true outcome, above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f64);

/// A confidence that is not between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("must be above 0 and below 1, not {0}")]
pub struct NotAConfidence(f64);

/// The outcomes that are usual at a score.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PredictionSet {
    /// The share of all sets, of every kind, that should contain the true outcome.
    pub confidence: f64,
    /// 0 for no diabetes, 1 for diabetes: one of them, both if the score is usual for both, none if it
    /// is unusual for both.
    pub outcomes: Vec<u8>,
    /// P-value of no diabetes: above `1 - confidence`, 0 is in the set.
    pub p_value_negative: f64,
    /// P-value of diabetes: above `1 - confidence`, 1 is in the set.
    pub p_value_positive: f64,
    /// The set in plain words.
    pub meaning: &'static str,
    /// The outcomes of the training rows that got the same kind of set, scored by models that were not
    /// fitted on them.
    pub observed: ObservedOutcomes,
    /// The guarantee and its condition.
    pub guarantee: &'static str,
}

/// The outcomes of the training rows with one kind of set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ObservedOutcomes {
    /// Rows with this kind of set.
    pub rows: usize,
    /// Those of them that developed diabetes.
    pub with_diabetes: usize,
}

const GUARANTEE: &str = "For people like those in the training data, about this share of all sets \
    contains the true outcome, among people with and without diabetes alike. It does not hold among \
    the sets of one kind: `observed` has how often this kind was right. It does not extend to other \
    populations.";

impl Confidence {
    /// Nine sets in ten contain the true outcome.
    pub const DEFAULT: Self = Self(0.9);

    /// The confidence as a number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// True for every outcome whose p-value puts it into the set.
    #[must_use]
    pub fn contains(self, p_values: [f64; 2]) -> [bool; 2] {
        p_values.map(|p_value| p_value > 1.0 - self.0)
    }
}

impl TryFrom<f64> for Confidence {
    type Error = NotAConfidence;

    fn try_from(value: f64) -> Result<Self, NotAConfidence> {
        if value > 0.0 && value < 1.0 { Ok(Self(value)) } else { Err(NotAConfidence(value)) }
    }
}

impl Conformal {
    /// Stores the out-of-fold scores of the training rows, in calibrated log-odds.
    #[must_use]
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Self {
        Self {
            positive: ascending(scores, outcomes, true),
            negative: ascending(scores, outcomes, false),
        }
    }

    /// The outcomes that are usual at a score in calibrated log-odds.
    #[must_use]
    pub fn set(&self, log_odds: f64, confidence: Confidence) -> PredictionSet {
        let p_values = self.p_values(log_odds);
        // The outcomes are those of the data, 0 for no diabetes and 1 for diabetes.
        let contains = confidence.contains(p_values);
        let (outcomes, meaning): (&[u8], _) = match contains {
            [true, false] => (
                &[0],
                "Only \"no diabetes\" is a usual outcome at this score: few women who developed \
                 diabetes scored as low.",
            ),
            [false, true] => (
                &[1],
                "Only \"diabetes\" is a usual outcome at this score: few women who did not develop \
                 it scored as high.",
            ),
            [true, true] => {
                (&[0, 1], "Both outcomes are usual at this score: the set does not decide.")
            }
            [false, false] => (&[], "Both outcomes are unusual at this score."),
        };
        let [p_value_negative, p_value_positive] = p_values;
        PredictionSet {
            confidence: confidence.0,
            outcomes: outcomes.to_vec(),
            p_value_negative,
            p_value_positive,
            meaning,
            observed: self.observed(contains, confidence),
            guarantee: GUARANTEE,
        }
    }

    /// Counts the stored rows whose own set is of this kind. A row is not compared with itself.
    fn observed(&self, contains: [bool; 2], confidence: Confidence) -> ObservedOutcomes {
        let with_diabetes = self.observed_with(true, contains, confidence);
        let without_diabetes = self.observed_with(false, contains, confidence);
        ObservedOutcomes { rows: with_diabetes + without_diabetes, with_diabetes }
    }

    /// The same for the stored rows with one outcome.
    fn observed_with(&self, outcome: bool, contains: [bool; 2], confidence: Confidence) -> usize {
        let scores = if outcome { &self.positive } else { &self.negative };
        let own = usize::from(outcome);
        let rows = scores.len() as f64;
        let of_kind = scores.iter().filter(|score| {
            // Without the row itself, its outcome has one row less.
            let mut p_values = self.p_values(**score);
            p_values[own] = (p_values[own] * (rows + 1.0) - 1.0) / rows;
            confidence.contains(p_values) == contains
        });
        of_kind.count()
    }

    /// The p-values of no diabetes and of diabetes.
    #[must_use]
    pub fn p_values(&self, log_odds: f64) -> [f64; 2] {
        // A high score is nonconforming for a person without diabetes, a low one with diabetes.
        let lower = self.negative.partition_point(|score| *score < log_odds);
        let not_higher = self.positive.partition_point(|score| *score <= log_odds);
        [
            p_value(self.negative.len() - lower, self.negative.len()),
            p_value(not_higher, self.positive.len()),
        ]
    }

    /// Returns true if both outcomes have finite scores in ascending order.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        [&self.positive, &self.negative].into_iter().all(|scores| {
            !scores.is_empty() && scores.iter().all(|score| score.is_finite()) && scores.is_sorted()
        })
    }
}

/// The rounded scores of one outcome, ascending.
fn ascending(scores: &[f64], outcomes: &[bool], wanted: bool) -> Vec<f64> {
    let pairs = scores.iter().zip(outcomes).filter(|(_, outcome)| **outcome == wanted);
    let mut kept: Vec<f64> = pairs.map(|(score, _)| round(*score, DECIMALS)).collect();
    kept.sort_unstable_by(f64::total_cmp);
    kept
}

/// The share of rows that are at least as nonconforming, the person included.
fn p_value(nonconforming: usize, rows: usize) -> f64 {
    (nonconforming + 1) as f64 / (rows + 1) as f64
}

#[cfg(test)]
#[path = "conformal_tests.rs"]
mod tests;
