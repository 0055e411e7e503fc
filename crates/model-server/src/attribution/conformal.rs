//! Prediction sets: the outcomes that can't be ruled out at a chosen confidence.
//!
//! Label-conditional (Mondrian) cross-conformal prediction (Vovk, 2015; Vovk, Gammerman and
//! Shafer, Algorithmic Learning in a Random World, 2005): an outcome's p-value is the share of
//! training rows of that outcome, this person among them, that look at least as strange for it.
//! The training rows are scored by models that were not fitted on them. An outcome stays in the
//! set while its p-value is above one minus the confidence. Both may stay ("can't tell"), and
//! none may ("like nobody in the data").
//!
//! What is promised: for new people exchangeable with the training rows, and within each outcome
//! on its own, the set holds the true outcome about as often as the confidence says. "About",
//! because the model that answers was fitted on all rows and the stored scores are by models
//! fitted on four fifths of them; the strict guarantee of split conformal prediction would cost
//! data to fit on. The coverage that was observed under cross-validation is in the model card.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::model::round;

/// Decimals that are kept of a score.
const DECIMALS: i32 = 6;

/// Scores of training rows by models that did not see them, in calibrated log-odds, ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformal {
    /// Of the rows with diabetes.
    positive: Vec<f64>,
    /// Of the rows without.
    negative: Vec<f64>,
}

/// How often a set should hold the true outcome, above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f64);

/// Not between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("must be above 0 and below 1, not {0}")]
pub struct NotAConfidence(f64);

/// The outcomes that can't be ruled out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PredictionSet {
    /// How often such a set should hold the true outcome.
    pub confidence: f64,
    /// 0 for no diabetes, 1 for diabetes: one of them, both when the model can't tell, none when
    /// the person is like nobody in the data.
    pub outcomes: Vec<u8>,
    /// Evidence for no diabetes: above `1 - confidence`, 0 is in the set.
    pub p_value_negative: f64,
    /// Evidence for diabetes: above `1 - confidence`, 1 is in the set.
    pub p_value_positive: f64,
    /// The set in plain words.
    pub meaning: &'static str,
    /// What is promised, and under which condition.
    pub guarantee: &'static str,
}

const GUARANTEE: &str = "For people like those in the training data, about this share of the sets \
    holds the true outcome, for people with and without diabetes alike. It says nothing about \
    other populations.";

impl Confidence {
    /// Nine sets in ten hold the true outcome.
    pub const DEFAULT: Self = Self(0.9);

    /// The number.
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
    /// Keeps the out-of-fold scores of training rows, in calibrated log-odds.
    #[must_use]
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Self {
        let of = |wanted: bool| {
            let pairs = scores.iter().zip(outcomes).filter(|(_, outcome)| **outcome == wanted);
            let mut kept: Vec<f64> = pairs.map(|(score, _)| round(*score, DECIMALS)).collect();
            kept.sort_unstable_by(f64::total_cmp);
            kept
        };
        Self { positive: of(true), negative: of(false) }
    }

    /// The outcomes that can't be ruled out for a score in calibrated log-odds.
    #[must_use]
    pub fn set(&self, log_odds: f64, confidence: Confidence) -> PredictionSet {
        let [p_value_negative, p_value_positive] = self.p_values(log_odds);
        let kept = |p_value: f64| p_value > 1.0 - confidence.0;
        let (negative, positive) = (kept(p_value_negative), kept(p_value_positive));
        let outcomes = [(negative, 0), (positive, 1)].into_iter().filter(|(kept, _)| *kept);
        let meaning = match (negative, positive) {
            (true, false) => "Diabetes can be ruled out at this confidence.",
            (false, true) => "No diabetes can be ruled out at this confidence.",
            (true, true) => "The model can't tell at this confidence: both outcomes are possible.",
            (false, false) => "At this confidence the person is like nobody in the training data.",
        };
        PredictionSet {
            confidence: confidence.0,
            outcomes: outcomes.map(|(_, outcome)| outcome).collect(),
            p_value_negative,
            p_value_positive,
            meaning,
            guarantee: GUARANTEE,
        }
    }

    /// The p-values of no diabetes and of diabetes.
    #[must_use]
    pub fn p_values(&self, log_odds: f64) -> [f64; 2] {
        // Strange for somebody without diabetes is a high score, with diabetes a low one.
        let below = self.negative.partition_point(|score| *score < log_odds);
        let up_to = self.positive.partition_point(|score| *score <= log_odds);
        let share = |as_strange: usize, of: usize| (as_strange + 1) as f64 / (of + 1) as f64;
        [share(self.negative.len() - below, self.negative.len()), share(up_to, self.positive.len())]
    }

    /// Whether there are scores of both outcomes, in their order.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        [&self.positive, &self.negative].into_iter().all(|scores| {
            !scores.is_empty() && scores.iter().all(|score| score.is_finite()) && scores.is_sorted()
        })
    }
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
    fn p_values_count_what_is_as_strange() {
        assert_eq!(example().p_values(-10.0), [1.0, 0.1]);
        assert_eq!(example().p_values(10.0), [0.1, 1.0]);
        assert_eq!(example().p_values(0.0), [0.1, 0.1]);
        // The row at the same score counts as just as strange.
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
    fn only_shares_are_a_confidence() {
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
