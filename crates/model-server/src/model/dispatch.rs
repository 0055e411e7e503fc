//! A fitted model of any kind.

use serde::{Deserialize, Serialize};

use super::{Algorithm, Boosted, Ensemble, Logistic, Row, Spline};

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
    /// The kind of this model.
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

    /// The thresholds of a feature, ascending and distinct: between two of them, the interactions of
    /// the feature with others don't change. None for an additive model.
    #[must_use]
    pub fn thresholds(&self, feature: usize) -> Vec<f64> {
        let mut found: Vec<f64> = match self {
            Self::Logistic(_) | Self::Spline(_) => Vec::new(),
            Self::Boosted(boosted) => boosted.thresholds(feature).collect(),
            Self::Ensemble(ensemble) => {
                ensemble.boosters().iter().flat_map(|b| b.thresholds(feature)).collect()
            }
        };
        found.sort_unstable_by(f64::total_cmp);
        // Several trees may split at the same value.
        found.dedup();
        found
    }

    /// Returns true if a part of the model uses medians in place of missing values; trees alone don't.
    #[must_use]
    pub fn imputes(&self) -> bool {
        !matches!(self, Self::Boosted(_))
    }

    /// Returns true if every number is usable in a calculation. Trees are checked when they are
    /// deserialised.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Logistic(logistic) => logistic.is_sound(),
            Self::Spline(spline) => spline.is_sound(),
            Self::Boosted(_) => true,
            Self::Ensemble(ensemble) => ensemble.is_sound(),
        }
    }
}
