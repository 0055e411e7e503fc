//! Everything that is fitted, in the order of the data: impute, standardise, score, explain.

use std::collections::BTreeMap;

use ndarray::ArrayView2;
use vitals_core::domain::features::{FEATURE_COUNT, Features};

use crate::explain::Explainer;

use super::{
    Algorithm, BOOSTERS, Boosted, Ensemble, FitError, L2, Logistic, Model, Preprocessor,
    SPLINE_SHARE, Spline, probability,
    row::Rows,
    tune::{self, Hyperparameters, Inner, inner_folds},
};

/// A fitted model with what comes before and after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// From a person's values to a standardised row.
    pub preprocessor: Preprocessor,
    /// From a prepared row to log-odds.
    pub model: Model,
    /// From a prepared row to contributions.
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
    pub hyperparameters: BTreeMap<String, f64>,
}

impl Pipeline {
    /// Searches the hyperparameters and fits every part, on these rows and nothing else; NaN is
    /// "not measured".
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
        let (model, hyperparameters) = match algorithm {
            Algorithm::Logistic => {
                let logistic = Logistic::fit(prepared.standard.view(), outcomes)?;
                (Model::Logistic(logistic), [("l2".to_owned(), L2)].into())
            }
            Algorithm::Spline => {
                let (spline, chosen) = spline(&prepared, outcomes, &inner_folds(rows, outcomes)?)?;
                (Model::Spline(spline), chosen)
            }
            Algorithm::Boosted => {
                let choice = tune::boosted(&inner_folds(rows, outcomes)?)?;
                (Model::Boosted(Boosted::fit(rows, outcomes, choice, 0)?), choice.named())
            }
            Algorithm::Ensemble => ensemble(&prepared, outcomes)?,
        };
        let explainer = Explainer::fit(&model, &prepared);
        Ok(Fitted { pipeline: Self { preprocessor, model, explainer }, hyperparameters })
    }

    /// Scores and explains one person.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Prediction {
        let (row, used) = self.preprocessor.row(features.values());
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
        let rows = self.preprocessor.prepare(rows.to_owned())?;
        Ok(rows.iter().map(|row| probability(self.model.log_odds(&row))).collect())
    }
}

/// A spline with the best of the choices.
fn spline(
    rows: &Rows,
    outcomes: &[bool],
    folds: &[Inner],
) -> Result<(Spline, Hyperparameters), FitError> {
    let choice = tune::spline(folds)?;
    Ok((Spline::fit(rows, outcomes, choice)?, choice.named()))
}

fn ensemble(rows: &Rows, outcomes: &[bool]) -> Result<(Model, Hyperparameters), FitError> {
    let measured = rows.measured.view();
    let folds = inner_folds(measured, outcomes)?;
    let (spline, mut chosen) = spline(rows, outcomes, &folds)?;
    let choice = tune::boosted(&folds)?;
    let boosters = (0..BOOSTERS).map(|seed| Boosted::fit(measured, outcomes, choice, seed));
    let ensemble = Ensemble::new(spline, boosters.collect::<Result<_, _>>()?);
    chosen.extend(choice.named());
    chosen.insert("spline_share".to_owned(), SPLINE_SHARE);
    chosen.insert("boosters".to_owned(), BOOSTERS as f64);
    Ok((Model::Ensemble(ensemble), chosen))
}
