//! Calibration: a line in log-odds that maps a model's scores to observed probabilities.
//!
//! Slope and intercept (Cox, 1958) are fitted on out-of-fold scores. A straight line keeps the
//! order of the scores and keeps explanations exact, because contributions scale with the slope.
//! Penalised models tend to be underconfident (slope above 1); small models need no line, and an
//! unnecessary one only adds noise. The line is therefore kept only if it lowers the summed log
//! loss by more than its two parameters (Akaike, 1974).

use ndarray::{Array2, array};
use serde::{Deserialize, Serialize};

use crate::stats::{log_loss, probability, round};

use super::newton::refine;

/// Decimals kept of slope and intercept.
const DECIMALS: i32 = 6;

/// Reduction of the summed log loss that keeps a line: one per parameter.
const PARAMETERS: f64 = 2.0;

/// Accepted slopes. Outside of this range the scores carry no signal that a line could correct.
const SLOPES: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// `slope * score + intercept`, in log-odds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Slope, above zero.
    pub slope: f64,
    /// Intercept, in log-odds.
    pub intercept: f64,
}

impl Calibration {
    /// The identity.
    pub const NONE: Self = Self { slope: 1.0, intercept: 0.0 };

    /// Fits a line to out-of-fold scores; the identity if the line is not worth its parameters.
    #[must_use]
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Self {
        let line = Self::least_loss(scores, outcomes);
        let saved = loss(Self::NONE, scores, outcomes) - loss(line, scores, outcomes);
        if SLOPES.contains(&line.slope) && saved > PARAMETERS { line } else { Self::NONE }
    }

    /// The line with the least log loss. It also measures the calibration of the scores: slope 1
    /// and intercept 0 are the best.
    #[must_use]
    pub fn least_loss(scores: &[f64], outcomes: &[bool]) -> Self {
        let column = Array2::from_shape_fn((scores.len(), 1), |(i, _)| scores[i]);
        let optimum = refine(array![1.0, 0.0], column.view(), outcomes, 0.0, &[]);
        Self { slope: round(optimum[0], DECIMALS), intercept: round(optimum[1], DECIMALS) }
    }

    /// Maps a score.
    #[must_use]
    pub fn apply(&self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }

    /// Returns true if the line is finite and keeps the order of scores.
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
    fn an_underconfident_model_is_stretched_and_shifted() {
        let (scores, outcomes) = sample(2.0, -0.7, 20_000);
        let line = Calibration::fit(&scores, &outcomes);
        assert!((line.slope - 2.0).abs() < 0.1, "{line:?}");
        assert!((line.intercept + 0.7).abs() < 0.1, "{line:?}");
    }

    #[test]
    fn calibrated_scores_are_unchanged() {
        let (scores, outcomes) = sample(1.0, 0.0, 600);
        assert_eq!(Calibration::fit(&scores, &outcomes), Calibration::NONE);
    }

    #[test]
    fn inverted_scores_are_not_corrected() {
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
