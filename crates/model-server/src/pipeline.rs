//! Everything that is fitted, in the order of the data: impute, standardise, score, calibrate,
//! explain.

use ndarray::ArrayView2;
use vitals_core::domain::features::{FEATURE_COUNT, Features};

use crate::{
    attribution::{Conformal, Explainer},
    model::{
        Algorithm, Calibration, Choice, FitError, Hyperparameters, Model, Preprocessor, Row, Start,
        inner_folds, probability,
    },
};

/// A fitted model with what comes before and after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// From a person's values to a standardised row.
    pub preprocessor: Preprocessor,
    /// From a prepared row to log-odds.
    pub model: Model,
    /// From the model's score to one whose probabilities are observed.
    pub calibration: Calibration,
    /// From a prepared row to contributions.
    pub explainer: Explainer,
}

/// One person's score and its explanation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Calibrated score.
    pub log_odds: f64,
    /// Probability of diabetes within five years of the examination, 0 to 1.
    pub probability: f64,
    /// Score of the average training row, in log-odds.
    pub base_value: f64,
    /// The values that were used, in the features' units, what was not measured filled in. Trees
    /// use a missing value as it is.
    pub used: [f64; FEATURE_COUNT],
    /// What each feature adds to the base value, in log-odds.
    pub contributions: [f64; FEATURE_COUNT],
}

/// A fitted pipeline and what was chosen before it was fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// What calculates.
    pub pipeline: Pipeline,
    /// Names and values.
    pub hyperparameters: Hyperparameters,
    /// What prediction sets are made from.
    pub conformal: Conformal,
}

impl Pipeline {
    /// Searches the hyperparameters and fits every part, on these rows and nothing else; NaN is
    /// "not measured". Calibration and prediction sets are made from scores of rows that a model
    /// with the same hyperparameters was not fitted on.
    ///
    /// # Errors
    /// Rows that can't be scaled or fitted, see [`FitError`].
    pub fn fit(
        algorithm: Algorithm,
        rows: ArrayView2<'_, f64>,
        outcomes: &[bool],
    ) -> Result<Fitted, FitError> {
        let preprocessor = Preprocessor::fit(rows)?;
        let prepared = preprocessor.prepare(rows.to_owned())?;
        let folds = inner_folds(rows, outcomes)?;
        let choice = Choice::search(algorithm, &folds)?;
        let (scores, seen) = choice.out_of_fold(&folds)?;
        let calibration = Calibration::fit(&scores, &seen);
        let calibrated: Vec<f64> = scores.iter().map(|score| calibration.apply(*score)).collect();
        let model = choice.fit(Start::Library, &prepared, outcomes)?;
        let explainer = Explainer::fit(&model, &prepared);
        Ok(Fitted {
            pipeline: Self { preprocessor, model, calibration, explainer },
            hyperparameters: choice.named(),
            conformal: Conformal::fit(&calibrated, &seen),
        })
    }

    /// Scores and explains one person.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Prediction {
        let (row, used) = self.preprocessor.row(features.values());
        let log_odds = self.score(&row);
        Prediction {
            log_odds,
            probability: probability(log_odds),
            base_value: self.base_value(),
            used,
            contributions: self.explained(&row),
        }
    }

    /// The calibrated score that contributions are added to, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        self.calibration.apply(self.explainer.base_value())
    }

    /// The calibrated score of values in the features' units, NaN for "not measured", without
    /// the explanation.
    #[must_use]
    pub fn log_odds(&self, measured: &[f64; FEATURE_COUNT]) -> f64 {
        self.score(&self.preprocessor.row(measured).0)
    }

    /// What every value contributes, in log-odds; NaN is "not measured".
    #[must_use]
    pub fn contributions(&self, measured: &[f64; FEATURE_COUNT]) -> [f64; FEATURE_COUNT] {
        self.explained(&self.preprocessor.row(measured).0)
    }

    fn explained(&self, row: &Row) -> [f64; FEATURE_COUNT] {
        let slope = self.calibration.slope;
        self.explainer.contributions(&self.model, row).map(|contribution| slope * contribution)
    }

    fn score(&self, row: &Row) -> f64 {
        self.calibration.apply(self.model.log_odds(row))
    }

    /// The calibrated score of every row of features, without explanations; NaN is "not
    /// measured".
    ///
    /// # Errors
    /// Rows of another width than was fitted.
    pub fn scores(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        if rows.ncols() != FEATURE_COUNT {
            return Err(FitError::Columns(rows.ncols()));
        }
        let rows = self.preprocessor.prepare(rows.to_owned())?;
        Ok(rows.iter().map(|row| self.score(&row)).collect())
    }

    /// The probability for every row, as [`scores`](Self::scores).
    ///
    /// # Errors
    /// Rows of another width than was fitted.
    pub fn probabilities(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        Ok(self.scores(rows)?.into_iter().map(probability).collect())
    }
}
