//! What a model's score has to be stretched and shifted by, so that its probabilities are those
//! that are observed.
//!
//! Slope and intercept in log-odds (Cox, 1958), fitted on scores of rows that the model had not
//! seen. A straight line keeps the order of the scores and keeps explanations exact: contributions
//! are stretched with it. Penalised models tend to be too cautious (slope above 1); small ones
//! need nothing, and a line that is not needed only adds noise. So it is kept when it lowers the
//! summed log loss by more than its two parameters (Akaike, 1974).

use ndarray::{Array2, array};
use serde::{Deserialize, Serialize};

use crate::stats::log_loss;

use super::{polish::polish, probability, round};

/// Decimals that are kept.
const DECIMALS: i32 = 6;

/// What slope and intercept must save of the summed log loss to be kept: one each.
const PARAMETERS: f64 = 2.0;

/// Slopes that a fit may have. Outside, the scores say nothing that a line could mend.
const SLOPES: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// `slope * score + intercept`, in log-odds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Above zero.
    pub slope: f64,
    /// In log-odds.
    pub intercept: f64,
}

impl Calibration {
    /// Leaves every score as it is.
    pub const NONE: Self = Self { slope: 1.0, intercept: 0.0 };

    /// The line for scores of rows that were not fitted on.
    #[must_use]
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Self {
        let line = Self::least_loss(scores, outcomes);
        let saved = loss(Self::NONE, scores, outcomes) - loss(line, scores, outcomes);
        if SLOPES.contains(&line.slope) && saved > PARAMETERS { line } else { Self::NONE }
    }

    /// The line with the least log loss, needed or not: also a measure of how well scores are
    /// calibrated, with slope 1 and intercept 0 as the best.
    #[must_use]
    pub fn least_loss(scores: &[f64], outcomes: &[bool]) -> Self {
        let column = Array2::from_shape_fn((scores.len(), 1), |(i, _)| scores[i]);
        let found = polish(array![1.0, 0.0], column.view(), outcomes, 0.0);
        Self { slope: round(found[0], DECIMALS), intercept: round(found[1], DECIMALS) }
    }

    /// A score on the line.
    #[must_use]
    pub fn apply(&self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }

    /// Whether it can be calculated with and keeps the order of scores.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.slope.is_finite() && self.slope > 0.0 && self.intercept.is_finite()
    }
}

/// The summed log loss of scores on a line.
fn loss(line: Calibration, scores: &[f64], outcomes: &[bool]) -> f64 {
    let probabilities: Vec<f64> = scores.iter().map(|s| probability(line.apply(*s))).collect();
    log_loss(&probabilities, outcomes) * outcomes.len() as f64
}

#[cfg(test)]
mod tests {
    use rand::{Rng as _, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Scores whose true log-odds are `slope * score + intercept`.
    fn sample(slope: f64, intercept: f64, rows: usize) -> (Vec<f64>, Vec<bool>) {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let scores: Vec<f64> = (0..rows).map(|_| random.random_range(-2.5..2.5)).collect();
        let outcomes = scores
            .iter()
            .map(|score| random.random::<f64>() < probability(slope * score + intercept))
            .collect();
        (scores, outcomes)
    }

    #[test]
    fn a_cautious_model_is_stretched_and_shifted() {
        let (scores, outcomes) = sample(2.0, -0.7, 20_000);
        let line = Calibration::fit(&scores, &outcomes);
        assert!((line.slope - 2.0).abs() < 0.1, "{line:?}");
        assert!((line.intercept + 0.7).abs() < 0.1, "{line:?}");
    }

    #[test]
    fn what_is_calibrated_is_left_alone() {
        let (scores, outcomes) = sample(1.0, 0.0, 600);
        assert_eq!(Calibration::fit(&scores, &outcomes), Calibration::NONE);
    }

    #[test]
    fn scores_that_point_the_wrong_way_are_not_turned_round() {
        let (scores, outcomes) = sample(-1.5, 0.0, 600);
        assert!(Calibration::least_loss(&scores, &outcomes).slope < 0.0);
        assert_eq!(Calibration::fit(&scores, &outcomes), Calibration::NONE);
    }

    #[test]
    fn only_a_rising_line_is_sound() {
        for (slope, intercept, sound) in
            [(1.0, 0.0, true), (0.0, 0.0, false), (-1.0, 0.0, false), (f64::NAN, 0.0, false)]
        {
            assert_eq!(Calibration { slope, intercept }.is_sound(), sound, "{slope}");
        }
        assert!(!Calibration { slope: 1.0, intercept: f64::INFINITY }.is_sound());
    }
}
