//! Explainers: the base value and the contributions of a model of any kind.

use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::model::{Model, Row, Rows};

use super::LinearExplainer;

/// The background that contributions are relative to, by kind of model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Explainer {
    /// SHAP values of a linear model, relative to the mean of its training rows.
    LinearInterventional(LinearExplainer),
    /// A sum of one curve per feature, each relative to its training mean.
    Additive(Base),
    /// SHAP values of trees, relative to the mean score weighted by the training rows' cover.
    TreePathDependent(Base),
    /// The mean of the contributions of an ensemble's parts.
    Mean(Base),
}

/// The base value of a model that has a background of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    base_value: f64,
}

impl Explainer {
    /// Fits the explainer of a model to the model's training rows.
    #[must_use]
    pub fn fit(model: &Model, rows: &Rows) -> Self {
        match model {
            Model::Logistic(logistic) => {
                Self::LinearInterventional(LinearExplainer::fit(logistic, rows.standard.view()))
            }
            // The other models contain all that their contributions need but the base value.
            Model::Spline(spline) => Self::Additive(Base { base_value: spline.base_value() }),
            Model::Boosted(boosted) => {
                Self::TreePathDependent(Base { base_value: boosted.base_value() })
            }
            Model::Ensemble(ensemble) => Self::Mean(Base { base_value: ensemble.base_value() }),
        }
    }

    /// The score at the background, in log-odds; contributions add to it.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        match self {
            Self::LinearInterventional(linear) => linear.base_value(),
            Self::Additive(base) | Self::TreePathDependent(base) | Self::Mean(base) => {
                base.base_value
            }
        }
    }

    /// The contribution of every feature of one row, in log-odds; NaN for a model of another kind,
    /// which [`belongs_to`](Self::belongs_to) rejects.
    #[must_use]
    pub fn contributions(&self, model: &Model, row: &Row) -> [f64; FEATURE_COUNT] {
        match (self, model) {
            (Self::LinearInterventional(linear), Model::Logistic(logistic)) => {
                linear.contributions(logistic.weights(), &row.standard)
            }
            // These models have a background of their own.
            (_, Model::Spline(spline)) => spline.contributions(row),
            (_, Model::Boosted(boosted)) => boosted.contributions(&row.measured),
            (_, Model::Ensemble(ensemble)) => ensemble.contributions(row),
            (_, Model::Logistic(_)) => [f64::NAN; FEATURE_COUNT],
        }
    }

    /// The raw score of one row and the contribution of every feature, in log-odds.
    #[must_use]
    pub fn explained(&self, model: &Model, row: &Row) -> (f64, [f64; FEATURE_COUNT]) {
        match model {
            // One evaluation of the curves gives both.
            Model::Spline(spline) => spline.explained(row),
            _ => (model.log_odds(row), self.contributions(model, row)),
        }
    }

    /// Returns true if this explainer is of the model's kind and has the model's base value.
    #[must_use]
    pub fn belongs_to(&self, model: &Model) -> bool {
        let of_model = match (self, model) {
            (Self::LinearInterventional(linear), Model::Logistic(logistic)) => {
                logistic.log_odds(linear.background())
            }
            (Self::Additive(_), Model::Spline(spline)) => spline.base_value(),
            (Self::TreePathDependent(_), Model::Boosted(boosted)) => boosted.base_value(),
            (Self::Mean(_), Model::Ensemble(ensemble)) => ensemble.base_value(),
            _ => return false,
        };
        // Equal up to the rounding errors of the sums.
        (of_model - self.base_value()).abs() <= 1e-9
    }
}
