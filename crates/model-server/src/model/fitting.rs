//! Penalised logistic regression on any number of columns, by `linfa-logistic`, and the errors of
//! fitting.

use linfa::{DatasetBase, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, ArrayView2};
use thiserror::Error;
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::TooFew;

use super::{newton::refine, scaling::ScalingError};

/// Gradient at which the library's optimiser stops; [`refine`] continues from there.
const GRADIENT_TOLERANCE: f64 = 1e-4;

/// Maximum iterations of the library's optimiser.
const MAX_ITERATIONS: u64 = 15;

/// An error of fitting.
#[derive(Debug, Error)]
pub enum FitError {
    /// The imputer or the scaler can't be fitted.
    #[error(transparent)]
    Scaling(#[from] ScalingError),
    /// The optimiser failed.
    #[error("logistic regression: {0}")]
    Logistic(#[from] linfa_logistic::error::Error),
    /// The boosting library failed.
    #[error("boosting: {0}")]
    Boosting(#[from] forust_ml::errors::ForustError),
    /// The boosting library fitted a tree of an unexpected shape.
    #[error("boosting: a tree is deeper than two splits or refers to a missing node")]
    TreeShape,
    /// Too few rows for the folds of the search.
    #[error("search: {0}")]
    Folds(#[from] TooFew),
    /// The rows have another width than the features.
    #[error("the rows have {0} columns, not {FEATURE_COUNT}")]
    Columns(usize),
}

/// Fitted weights for standardised columns.
pub(super) struct Weights {
    pub(super) intercept: f64,
    pub(super) weights: Array1<f64>,
}

/// The start of an optimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// The optimum found by `linfa-logistic`, for a model that is kept.
    Library,
    /// Zero, for the many fits of a search: Newton's method finds the same optimum, ten times faster
    /// on the correlated terms of a spline.
    Zero,
}

/// Minimises the summed log loss plus half of `l2` times the squared weights, with the weights of
/// the columns that are `true` in `not_negative` at zero or above.
pub(super) fn penalised(
    columns: ArrayView2<'_, f64>,
    outcomes: &[bool],
    l2: f64,
    not_negative: &[bool],
    start: Start,
) -> Result<Weights, FitError> {
    // The start does not affect the optimum, only the way to it.
    let initial = match start {
        Start::Library => library(columns, outcomes, l2)?,
        Start::Zero => Array1::zeros(columns.ncols() + 1),
    };
    let optimum = refine(initial, columns, outcomes, l2, not_negative);
    let intercept = optimum.last().copied().unwrap_or_default();
    let weights = optimum.iter().take(columns.ncols()).copied().collect();
    Ok(Weights { intercept, weights })
}

fn library(
    columns: ArrayView2<'_, f64>,
    outcomes: &[bool],
    l2: f64,
) -> Result<Array1<f64>, FitError> {
    let dataset = DatasetBase::new(columns, Array1::from(outcomes.to_vec()));
    let fitted = LogisticRegression::default()
        .alpha(l2)
        .gradient_tolerance(GRADIENT_TOLERANCE)
        .max_iterations(MAX_ITERATIONS)
        .fit(&dataset)?;
    // The library's positive class is the more frequent outcome.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Ok(fitted.params().iter().chain([&fitted.intercept()]).map(|w| sign * w).collect())
}
