//! Why a prediction is what it is: one contribution per feature, exact and additive.
//!
//! Base value plus contributions is the model's raw score in log-odds. That holds for every
//! model here, so that averages of models explain themselves by averaging.

mod linear;

use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::model::Model;

pub use linear::LinearExplainer;

/// What an explanation is measured against, by kind of model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Explainer {
    /// SHAP values of a linear model against the mean of its training rows.
    LinearInterventional(LinearExplainer),
}

impl Explainer {
    /// The score of the average training row, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        match self {
            Self::LinearInterventional(linear) => linear.base_value(),
        }
    }

    /// The contribution of every feature, in log-odds, for one standardised row.
    #[must_use]
    pub fn contributions(&self, model: &Model, row: &[f64; FEATURE_COUNT]) -> [f64; FEATURE_COUNT] {
        match (self, model) {
            (Self::LinearInterventional(linear), Model::Logistic(logistic)) => {
                linear.contributions(logistic.weights(), row)
            }
        }
    }

    /// Whether this explainer was made for this model: its base value must be the model's own
    /// score of the background.
    #[must_use]
    pub fn belongs_to(&self, model: &Model) -> bool {
        match (self, model) {
            (Self::LinearInterventional(linear), Model::Logistic(logistic)) => {
                let of_model = logistic.log_odds(linear.background());
                (of_model - linear.base_value()).abs() <= 1e-9
            }
        }
    }
}
