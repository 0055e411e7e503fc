//! The pipeline of a fitted model: limit, impute, standardise, score, calibrate, attribute.

use ndarray::ArrayView2;
use vitals_core::domain::features::{FEATURE_COUNT, Features};

use crate::{
    attribution::{Conformal, Explainer},
    model::{
        Algorithm, Calibration, Choice, FitError, Hyperparameters, Model, Preprocessor, Row, Start,
        inner_folds,
    },
    stats::probability,
    warnings::Warnings,
};

/// A fitted model with its preprocessing, calibration and explainer.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Maps a person's values to a standardised row.
    pub preprocessor: Preprocessor,
    /// Maps a prepared row to log-odds.
    pub model: Model,
    /// Maps the model's score to a calibrated one.
    pub calibration: Calibration,
    /// Maps a prepared row to contributions.
    pub explainer: Explainer,
}

/// The score of one person and its explanation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Calibrated score.
    pub log_odds: f64,
    /// Probability of diabetes within five years of the examination, 0 to 1.
    pub probability: f64,
    /// Mean score of the training rows, in log-odds.
    pub base_value: f64,
    /// The values the model used, in the features' units: those outside of the training range as its
    /// nearest end, missing ones as the median. NaN if a missing value was used as it is.
    pub used: [f64; FEATURE_COUNT],
    /// The warnings about the values.
    pub warnings: Warnings,
    /// The contribution of each feature to the base value, in log-odds.
    pub contributions: [f64; FEATURE_COUNT],
}

/// A fitted pipeline with its hyperparameters and conformal scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The hyperparameters the search chose.
    pub hyperparameters: Hyperparameters,
    /// The scores that prediction sets are computed from.
    pub conformal: Conformal,
    /// The hyperparameters, to fit other rows with.
    pub(crate) choice: Choice,
}

impl Pipeline {
    /// Searches the hyperparameters and fits every part on these rows only; NaN is "not measured".
    /// Calibration and prediction sets use out-of-fold scores: those of models with the same
    /// hyperparameters that were not fitted on the row.
    ///
    /// # Errors
    /// The rows can't be scaled or fitted, see [`FitError`].
    pub fn fit(
        algorithm: Algorithm,
        rows: ArrayView2<'_, f64>,
        outcomes: &[bool],
    ) -> Result<Fitted, FitError> {
        let preprocessor = Preprocessor::fit(rows)?;
        let prepared = preprocessor.prepare(rows.to_owned())?;

        // Search and calibration, on inner folds of the rows.
        let folds = inner_folds(rows, outcomes)?;
        let choice = Choice::search(algorithm, &folds)?;
        let (scores, fold_outcomes) = choice.out_of_fold(&folds)?;
        let calibration = Calibration::fit(&scores, &fold_outcomes);
        let calibrated: Vec<f64> = scores.iter().map(|score| calibration.apply(*score)).collect();

        // The model itself, on all rows.
        let model = choice.fit(Start::Library, &prepared, outcomes)?;
        let explainer = Explainer::fit(&model, &prepared);
        Ok(Fitted {
            pipeline: Self { preprocessor, model, calibration, explainer },
            hyperparameters: choice.named(),
            conformal: Conformal::fit(&calibrated, &fold_outcomes),
            choice,
        })
    }

    /// Fits other rows with hyperparameters and calibration that are already known.
    pub(crate) fn refit(
        choice: Choice,
        calibration: Calibration,
        rows: ArrayView2<'_, f64>,
        outcomes: &[bool],
    ) -> Result<Self, FitError> {
        let preprocessor = Preprocessor::fit(rows)?;
        let prepared = preprocessor.prepare(rows.to_owned())?;
        // There are hundreds of refits, each of which is much faster from zero.
        let model = choice.fit(Start::Zero, &prepared, outcomes)?;
        let explainer = Explainer::fit(&model, &prepared);
        Ok(Self { preprocessor, model, calibration, explainer })
    }

    /// Scores and explains one person.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Prediction {
        let (row, imputed) = self.preprocessor.row(features.values());
        // Models score the prepared row; the calibration applies to score and contributions alike.
        let (score, contributions) = self.explainer.explained(&self.model, &row);
        let log_odds = self.calibration.apply(score);
        Prediction {
            log_odds,
            probability: probability(log_odds),
            base_value: self.base_value(),
            // Trees split on a missing value.
            used: if self.model.imputes() { imputed } else { row.measured },
            warnings: Warnings::of(features.values(), &self.preprocessor.observed()),
            contributions: self.calibrated(contributions),
        }
    }

    /// The mean calibrated score of the training rows, in log-odds; contributions add to it.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        self.calibration.apply(self.explainer.base_value())
    }

    /// The calibrated score without the explanation. Values are in the features' units; NaN is "not
    /// measured".
    #[must_use]
    pub fn log_odds(&self, measured: &[f64; FEATURE_COUNT]) -> f64 {
        self.score(&self.preprocessor.row(measured).0)
    }

    /// The contribution of every value, in log-odds; NaN is "not measured".
    #[must_use]
    pub fn contributions(&self, measured: &[f64; FEATURE_COUNT]) -> [f64; FEATURE_COUNT] {
        let row = self.preprocessor.row(measured).0;
        self.calibrated(self.explainer.contributions(&self.model, &row))
    }

    /// Contributions to the calibrated score. Its intercept belongs to the base value, so they only scale.
    fn calibrated(&self, contributions: [f64; FEATURE_COUNT]) -> [f64; FEATURE_COUNT] {
        contributions.map(|contribution| self.calibration.slope * contribution)
    }

    fn score(&self, row: &Row) -> f64 {
        self.calibration.apply(self.model.log_odds(row))
    }

    /// The calibrated score of every row, without explanations; NaN is "not measured".
    ///
    /// # Errors
    /// The rows have another width than the fitted ones.
    pub fn scores(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        if rows.ncols() != FEATURE_COUNT {
            return Err(FitError::Columns(rows.ncols()));
        }
        let rows = self.preprocessor.prepare(rows.to_owned())?;
        Ok(rows.iter().map(|row| self.score(&row)).collect())
    }

    /// The probability of every row, as [`scores`](Self::scores).
    ///
    /// # Errors
    /// The rows have another width than the fitted ones.
    pub fn probabilities(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        Ok(self.scores(rows)?.into_iter().map(probability).collect())
    }
}
