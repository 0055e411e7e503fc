//! Conformal prediction sets: the outcomes that can't be ruled out at a chosen confidence.
//!
//! Label-conditional (Mondrian) cross-conformal prediction (Vovk, 2015; Vovk, Gammerman and
//! Shafer, Algorithmic Learning in a Random World, 2005): the p-value of an outcome is the share of
//! training rows of that outcome, this person included, that are at least as nonconforming. The
//! training rows are scored by models that were not fitted on them. The set contains every outcome
//! whose p-value is above one minus the confidence. It may contain both (undecided) or none (no
//! training row is similar).
//!
//! Guarantee: for new people exchangeable with the training rows, and within each outcome
//! separately, the share of sets that contain the true outcome is approximately the confidence.
//! Approximately, because the served model is fitted on all rows and the stored scores come from
//! models fitted on four fifths of them; the strict guarantee of split conformal prediction would
//! need rows that no model is fitted on. The model card reports the coverage observed under
//! cross-validation.

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

/// The outcomes that can't be ruled out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PredictionSet {
    /// The share of such sets that should contain the true outcome.
    pub confidence: f64,
    /// 0 for no diabetes, 1 for diabetes: one of them, both if the model can't decide, none if no
    /// training row is similar.
    pub outcomes: Vec<u8>,
    /// P-value of no diabetes: above `1 - confidence`, 0 is in the set.
    pub p_value_negative: f64,
    /// P-value of diabetes: above `1 - confidence`, 1 is in the set.
    pub p_value_positive: f64,
    /// The set in plain words.
    pub meaning: &'static str,
    /// The guarantee and its condition.
    pub guarantee: &'static str,
}

const GUARANTEE: &str = "For people like those in the training data, about this share of the sets \
    contains the true outcome, among people with and without diabetes alike. The guarantee does \
    not extend to other populations.";

impl Confidence {
    /// Nine sets in ten contain the true outcome.
    pub const DEFAULT: Self = Self(0.9);

    /// The confidence as a number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
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

    /// The outcomes that can't be ruled out for a score in calibrated log-odds.
    #[must_use]
    pub fn set(&self, log_odds: f64, confidence: Confidence) -> PredictionSet {
        let [p_value_negative, p_value_positive] = self.p_values(log_odds);
        let negative = p_value_negative > 1.0 - confidence.0;
        let positive = p_value_positive > 1.0 - confidence.0;
        let (outcomes, meaning): (&[u8], _) = match (negative, positive) {
            (true, false) => (&[0], "Diabetes can be ruled out at this confidence."),
            (false, true) => {
                (&[1], "The outcome \"no diabetes\" can be ruled out at this confidence.")
            }
            (true, true) => {
                (&[0, 1], "The model can't decide at this confidence: both outcomes are possible.")
            }
            (false, false) => {
                (&[], "At this confidence, no training row is similar to the person.")
            }
        };
        PredictionSet {
            confidence: confidence.0,
            outcomes: outcomes.to_vec(),
            p_value_negative,
            p_value_positive,
            meaning,
            guarantee: GUARANTEE,
        }
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
mod tests {
    use super::*;

    fn example() -> Conformal {
        // 9 rows of each outcome: negatives at -9 to -1, positives at 1 to 9.
        let scores: Vec<f64> = (-9..=9).filter(|s| *s != 0).map(f64::from).collect();
        let outcomes: Vec<bool> = scores.iter().map(|score| *score > 0.0).collect();
        Conformal::fit(&scores, &outcomes)
    }

    fn set(log_odds: f64, confidence: f64) -> Vec<u8> {
        example().set(log_odds, confidence.try_into().unwrap()).outcomes
    }

    #[test]
    fn p_values_count_the_rows_at_least_as_nonconforming() {
        assert_eq!(example().p_values(-10.0), [1.0, 0.1]);
        assert_eq!(example().p_values(10.0), [0.1, 1.0]);
        assert_eq!(example().p_values(0.0), [0.1, 0.1]);
        // A row at the same score counts as equally nonconforming.
        assert_eq!(example().p_values(-3.0), [0.4, 0.1]);
        assert_eq!(example().p_values(3.0), [0.1, 0.4]);
    }

    #[test]
    fn a_set_grows_with_its_confidence() {
        assert_eq!(set(-5.0, 0.8), [0]);
        assert_eq!(set(5.0, 0.8), [1]);
        assert_eq!(set(0.0, 0.8), [0u8; 0]);
        assert_eq!(set(0.0, 0.95), [0, 1]);
        assert_eq!(set(5.0, 0.95), [0, 1]);
    }

    #[test]
    fn a_confidence_is_between_0_and_1() {
        for bad in [0.0, 1.0, -0.5, 90.0, f64::NAN, f64::INFINITY] {
            assert!(Confidence::try_from(bad).is_err(), "{bad}");
        }
        let error = Confidence::try_from(90.0).unwrap_err().to_string();
        assert_eq!(error, "must be above 0 and below 1, not 90");
    }

    #[test]
    fn scores_of_one_outcome_or_out_of_order_are_not_sound() {
        assert!(example().is_sound());
        assert!(!Conformal::fit(&[1.0, 2.0], &[true, true]).is_sound());
        let unordered = Conformal { positive: vec![2.0, 1.0], negative: vec![0.0] };
        assert!(!unordered.is_sound());
    }
}
