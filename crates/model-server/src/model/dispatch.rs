//! The kinds of model, and a fitted model of any kind.

use serde::{Deserialize, Serialize};

use super::{Boosted, Ensemble, Logistic, Row, Spline};

/// The models that can be trained, by the name they are saved under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// L2-penalised logistic regression on imputed, standardised features.
    Logistic,
    /// L2-penalised logistic regression on natural cubic splines of the features.
    Spline,
    /// Gradient boosted trees of depth two, monotone where medicine says so.
    Boosted,
    /// The mean of a spline and several boosters, in log-odds.
    Ensemble,
}

impl Algorithm {
    /// Every kind, the simplest first.
    pub const ALL: [Self; 4] = [Self::Logistic, Self::Spline, Self::Boosted, Self::Ensemble];

    /// The kind that is served unless something else is chosen: the best calibrated of the two
    /// best, and each of its contributions is one curve that can be drawn.
    pub const DEFAULT: Self = Self::Spline;

    /// Whether the score is a sum of one curve per feature, without interactions.
    #[must_use]
    pub fn is_additive(self) -> bool {
        matches!(self, Self::Logistic | Self::Spline)
    }

    /// The name in the registry and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Logistic => "logistic",
            Self::Spline => "spline",
            Self::Boosted => "boosted",
            Self::Ensemble => "ensemble",
        }
    }
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "algorithm", rename_all = "snake_case")]
pub enum Model {
    /// Logistic regression.
    Logistic(Logistic),
    /// Logistic regression on splines.
    Spline(Spline),
    /// Gradient boosted trees.
    Boosted(Boosted),
    /// Spline and boosters.
    Ensemble(Ensemble),
}

impl Model {
    /// Which kind of model this is.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Logistic(_) => Algorithm::Logistic,
            Self::Spline(_) => Algorithm::Spline,
            Self::Boosted(_) => Algorithm::Boosted,
            Self::Ensemble(_) => Algorithm::Ensemble,
        }
    }

    /// The raw score of one row, in log-odds.
    #[must_use]
    pub fn log_odds(&self, row: &Row) -> f64 {
        match self {
            Self::Logistic(logistic) => logistic.log_odds(&row.standard),
            Self::Spline(spline) => spline.log_odds(row),
            Self::Boosted(boosted) => boosted.log_odds(&row.measured),
            Self::Ensemble(ensemble) => ensemble.log_odds(row),
        }
    }

    /// Whether every number can be calculated with. Trees are checked when they are read.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Logistic(logistic) => logistic.is_finite(),
            Self::Spline(spline) => spline.is_sound(),
            Self::Boosted(_) => true,
            Self::Ensemble(ensemble) => ensemble.is_sound(),
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
