//! The models, and everything between a person's values and a probability.

mod logistic;
mod pipeline;
mod polish;
mod preprocess;
mod risk;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

pub use logistic::{L2, Logistic};
pub use pipeline::{FitError, Pipeline, Prediction};
pub use preprocess::Preprocessor;
pub use risk::RiskLevel;

/// The models that can be trained, by the name they are saved under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Algorithm {
    /// L2-penalised logistic regression on imputed, standardised features.
    Logistic,
}

impl Algorithm {
    /// The name in the registry and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Logistic => "logistic",
        }
    }
}

/// A fitted model on standardised features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "algorithm", rename_all = "snake_case")]
pub enum Model {
    /// Logistic regression.
    Logistic(Logistic),
}

impl Model {
    /// Which kind of model this is.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Logistic(_) => Algorithm::Logistic,
        }
    }

    /// The raw score of one standardised row, in log-odds.
    #[must_use]
    pub fn log_odds(&self, row: &[f64; FEATURE_COUNT]) -> f64 {
        match self {
            Self::Logistic(logistic) => logistic.log_odds(row),
        }
    }
}

/// The logistic function: log-odds to probability, without overflow on either side.
#[must_use]
pub fn probability(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}

/// Rounds to so many decimals, without a negative zero.
///
/// Everything fitted is rounded before it is used or saved. Processors differ in the last bits
/// of a sum (fused multiply-add, vector width); training must give the same bytes on all of them.
#[must_use]
pub fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_function_is_symmetric_and_never_leaves_its_range() {
        assert!((probability(0.0) - 0.5).abs() < 1e-15);
        for log_odds in [0.1, 1.0, 5.0, 30.0, 800.0, f64::MAX] {
            let (up, down) = (probability(log_odds), probability(-log_odds));
            assert!((up + down - 1.0).abs() < 1e-15, "{log_odds}");
            assert!((0.0..=1.0).contains(&up) && (0.0..=1.0).contains(&down));
        }
        assert!((probability(2.0) - 0.880_797_077_977_882_3).abs() < 1e-15);
    }

    #[test]
    fn rounding_has_no_negative_zero() {
        assert_eq!(round(-1e-9, 6).to_bits(), 0.0f64.to_bits());
        assert!((round(-0.123_456_789, 6) + 0.123_457).abs() < 1e-15);
    }
}
