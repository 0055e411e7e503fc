//! Everything that is fitted, in the order of the data: impute, standardise, score, explain.

use ndarray::ArrayView2;
use thiserror::Error;
use vitals_core::domain::{
    features::{FEATURE_COUNT, Features},
    scaling::ScalingError,
};

use crate::explain::{Explainer, LinearExplainer};

use super::{Algorithm, Logistic, Model, Preprocessor, probability};

/// A fitted model with what comes before and after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// From a person's values to a standardised row.
    pub preprocessor: Preprocessor,
    /// From a standardised row to log-odds.
    pub model: Model,
    /// From a standardised row to contributions.
    pub explainer: Explainer,
}

/// One person's score and its explanation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Raw score.
    pub log_odds: f64,
    /// Probability of diabetes within five years of the examination, 0 to 1.
    pub probability: f64,
    /// Score of the average training row, in log-odds.
    pub base_value: f64,
    /// The values that were used, in the features' units, what was not measured filled in.
    pub used: [f64; FEATURE_COUNT],
    /// What each feature adds to the base value, in log-odds.
    pub contributions: [f64; FEATURE_COUNT],
}

/// Why nothing could be fitted.
#[derive(Debug, Error)]
pub enum FitError {
    /// The imputer or the scaler refused.
    #[error(transparent)]
    Scaling(#[from] ScalingError),
    /// The optimiser refused.
    #[error("logistic regression: {0}")]
    Logistic(#[from] linfa_logistic::error::Error),
    /// Rows of another width.
    #[error("the rows have {0} columns, not {FEATURE_COUNT}")]
    Columns(usize),
}

impl Pipeline {
    /// Fits every part on these rows and nothing else; NaN is "not measured".
    ///
    /// # Errors
    /// Rows that can't be scaled or fitted, see [`FitError`].
    pub fn fit(
        algorithm: Algorithm,
        rows: ArrayView2<'_, f64>,
        outcomes: &[bool],
    ) -> Result<Self, FitError> {
        let preprocessor = Preprocessor::fit(rows)?;
        let rows = preprocessor.transform(rows)?;
        let (model, explainer) = match algorithm {
            Algorithm::Logistic => {
                let logistic = Logistic::fit(rows.view(), outcomes)?;
                let explainer = LinearExplainer::fit(&logistic, rows.view());
                (Model::Logistic(logistic), Explainer::LinearInterventional(explainer))
            }
        };
        Ok(Self { preprocessor, model, explainer })
    }

    /// Scores and explains one person.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Prediction {
        let used = self.preprocessor.impute(features.values());
        let row = self.preprocessor.standardise(&used);
        let log_odds = self.model.log_odds(&row);
        Prediction {
            log_odds,
            probability: probability(log_odds),
            base_value: self.explainer.base_value(),
            used,
            contributions: self.explainer.contributions(&self.model, &row),
        }
    }

    /// The probability for every row of features, without explanations; NaN is "not measured".
    ///
    /// # Errors
    /// Rows of another width than was fitted.
    pub fn probabilities(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        if rows.ncols() != FEATURE_COUNT {
            return Err(FitError::Columns(rows.ncols()));
        }
        let rows = self.preprocessor.transform(rows)?;
        let score = |row: ndarray::ArrayView1<'_, f64>| {
            probability(self.model.log_odds(&std::array::from_fn(|j| row[j])))
        };
        Ok(rows.rows().into_iter().map(score).collect())
    }
}
