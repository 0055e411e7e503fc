//! Why a prediction is what it is: one contribution per feature, exact and additive.
//!
//! Base value plus contributions is the model's raw score in log-odds. That holds for every
//! model here, so that averages of models explain themselves by averaging.

use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::model::{Model, Row, Rows};

use super::LinearExplainer;

/// What an explanation is measured against, by kind of model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Explainer {
    /// SHAP values of a linear model against the mean of its training rows.
    LinearInterventional(LinearExplainer),
    /// A sum of one curve per feature, each against its training mean.
    Additive(Base),
    /// SHAP values of trees, against the mean score weighted by the training rows' cover.
    TreePathDependent(Base),
    /// The mean of the explanations of an ensemble's parts.
    Mean(Base),
}

/// The base value of a model that holds its own background.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    base_value: f64,
}

impl Explainer {
    /// The explainer of a model that was fitted on these rows.
    #[must_use]
    pub fn fit(model: &Model, rows: &Rows) -> Self {
        match model {
            Model::Logistic(logistic) => {
                Self::LinearInterventional(LinearExplainer::fit(logistic, rows.standard.view()))
            }
            Model::Spline(spline) => Self::Additive(Base { base_value: spline.base_value() }),
            Model::Boosted(boosted) => {
                Self::TreePathDependent(Base { base_value: boosted.base_value() })
            }
            Model::Ensemble(ensemble) => Self::Mean(Base { base_value: ensemble.base_value() }),
        }
    }

    /// The score that contributions are added to, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        match self {
            Self::LinearInterventional(linear) => linear.base_value(),
            Self::Additive(base) | Self::TreePathDependent(base) | Self::Mean(base) => {
                base.base_value
            }
        }
    }

    /// The contribution of every feature, in log-odds, for one row.
    ///
    /// An explainer of another kind of model, which [`belongs_to`](Self::belongs_to) refuses,
    /// gives NaN.
    #[must_use]
    pub fn contributions(&self, model: &Model, row: &Row) -> [f64; FEATURE_COUNT] {
        match (self, model) {
            (Self::LinearInterventional(linear), Model::Logistic(logistic)) => {
                linear.contributions(logistic.weights(), &row.standard)
            }
            (_, Model::Spline(spline)) => spline.contributions(row),
            (_, Model::Boosted(boosted)) => boosted.contributions(&row.measured),
            (_, Model::Ensemble(ensemble)) => ensemble.contributions(row),
            (_, Model::Logistic(_)) => [f64::NAN; FEATURE_COUNT],
        }
    }

    /// Whether this explainer was made for this model: of its kind, and its base value is the
    /// model's own.
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
        (of_model - self.base_value()).abs() <= 1e-9
    }
}
