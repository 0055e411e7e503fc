//! The kinds of model.

use serde::{Deserialize, Serialize};

/// A kind of model. The name in the registry is the variant in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Algorithm {
    /// L2-penalised logistic regression on imputed, standardised features.
    Logistic,
    /// L2-penalised logistic regression on natural cubic splines of the features.
    Spline,
    /// Gradient boosted trees of depth two, monotone in the features that medicine knows to raise
    /// the risk.
    Boosted,
    /// The mean of a spline and several boosters, in log-odds.
    Ensemble,
}

impl Algorithm {
    /// Every kind, the simplest first.
    pub const ALL: [Self; 4] = [Self::Logistic, Self::Spline, Self::Boosted, Self::Ensemble];

    /// The kind that training activates by default: the better calibrated of the two best, and one
    /// whose contributions are curves that can be drawn.
    pub const DEFAULT: Self = Self::Spline;

    /// Returns true if the score is a sum of one curve per feature, without interactions.
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
