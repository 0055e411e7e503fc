//! Penalised logistic regression on any number of columns, by `linfa-logistic`, and why a fit
//! can fail.

use linfa::{DatasetBase, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, ArrayView2};
use thiserror::Error;
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::TooFew;

use super::{polish::polish, scaling::ScalingError};

/// The optimiser stops when the gradient is this small, or after so many steps; [`polish`] does
/// the rest.
const GRADIENT_TOLERANCE: f64 = 1e-4;
const MAX_ITERATIONS: u64 = 15;

/// Why nothing could be fitted.
#[derive(Debug, Error)]
pub enum FitError {
    /// The imputer or the scaler refused.
    #[error(transparent)]
    Scaling(#[from] ScalingError),
    /// The optimiser refused.
    #[error("logistic regression: {0}")]
    Logistic(#[from] linfa_logistic::error::Error),
    /// The boosting library refused.
    #[error("boosting: {0}")]
    Boosting(#[from] forust_ml::errors::ForustError),
    /// The boosting library made a tree of another shape than was asked for.
    #[error("boosting: a tree is deeper than two splits or leads nowhere")]
    TreeShape,
    /// The search has nothing to cut.
    #[error("search: {0}")]
    Folds(#[from] TooFew),
    /// Rows of another width.
    #[error("the rows have {0} columns, not {FEATURE_COUNT}")]
    Columns(usize),
}

/// Fitted weights for standardised columns.
pub(super) struct Weights {
    pub(super) intercept: f64,
    pub(super) weights: Array1<f64>,
}

/// Who takes the first steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// `linfa-logistic`, for a model that is kept.
    Library,
    /// Newton's method from zero, for the many fits of a search: the same optimum, ten times
    /// faster on the correlated terms of a spline.
    Zero,
}

/// The optimum of the summed log loss plus half of `l2` times the squared weights.
pub(super) fn penalised(
    columns: ArrayView2<'_, f64>,
    outcomes: &[bool],
    l2: f64,
    start: Start,
) -> Result<Weights, FitError> {
    let found = match start {
        Start::Library => library(columns, outcomes, l2)?,
        Start::Zero => Array1::zeros(columns.ncols() + 1),
    };
    let polished = polish(found, columns, outcomes, l2);
    let intercept = polished.last().copied().unwrap_or_default();
    let weights = polished.iter().take(columns.ncols()).copied().collect();
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
    // The library calls the more frequent outcome positive.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Ok(fitted.params().iter().chain([&fitted.intercept()]).map(|w| sign * w).collect())
}
