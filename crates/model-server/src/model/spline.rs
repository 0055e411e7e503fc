//! Logistic regression on natural cubic splines of the features.
//!
//! The score is a sum of one [`Curve`] per feature, so a feature's contribution is exact: its curve
//! less the curve's training mean. The curves of the features that raise the risk never fall.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::round;

use super::{
    curve::Curve,
    fitting::{FitError, Start, penalised},
    monotone::is_raising,
    row::{Row, Rows},
};

/// Decimals kept of weights and means, in log-odds.
const DECIMALS: i32 = 6;

/// The hyperparameters of a spline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplineChoice {
    /// Knots per feature, 3 to 6, at quantiles of the measured values.
    pub knots: usize,
    /// Weight of the L2 penalty, see [`super::L2`].
    pub l2: f64,
    /// True if "not measured" has a weight of its own.
    pub indicators: bool,
}

/// One curve per feature and an intercept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spline {
    intercept: f64,
    curves: Vec<Curve>,
}

impl Spline {
    /// Fits prepared rows to their outcomes.
    ///
    /// # Errors
    /// The rows don't have eight columns, there is only one outcome, or the optimiser does not
    /// converge.
    pub fn fit(rows: &Rows, outcomes: &[bool], choice: SplineChoice) -> Result<Self, FitError> {
        Self::fit_from(Start::Library, rows, outcomes, choice)
    }

    /// Fits from a given start.
    pub(super) fn fit_from(
        start: Start,
        rows: &Rows,
        outcomes: &[bool],
        choice: SplineChoice,
    ) -> Result<Self, FitError> {
        if rows.standard.ncols() != FEATURE_COUNT {
            return Err(FitError::Columns(rows.standard.ncols()));
        }
        let mut curves: Vec<Curve> = (0..FEATURE_COUNT)
            .map(|j| {
                let (measured, standard) = (rows.measured.column(j), rows.standard.column(j));
                Curve::flat(measured, standard, choice.knots, choice.indicators)
            })
            .collect();

        // Terms are standardised, so that the penalty weighs them equally.
        let terms = terms(&curves, rows);
        let means = terms.mean_axis(Axis(0)).ok_or(FitError::Columns(0))?;
        let deviations = terms.std_axis(Axis(0), 0.0).mapv(|d| if d > 0.0 { d } else { 1.0 });
        let standard = (terms - &means) / &deviations;
        let fitted = penalised(standard.view(), outcomes, choice.l2, &bounds(&curves), start)?;

        // Weights are kept on the scale of the terms themselves.
        let weights = (&fitted.weights / &deviations).mapv(|weight| round(weight, DECIMALS));
        let mut start = 0;
        for curve in &mut curves {
            let mut weights_of_curve = weights.iter().skip(start).copied();
            curve.slopes.fill_with(|| weights_of_curve.next().unwrap_or_default());
            curve.not_measured = curve.not_measured.and(weights_of_curve.next());
            let columns = start..start + curve.terms();
            curve.mean = round(columns.map(|t| weights[t] * means[t]).sum(), DECIMALS);
            start += curve.terms();
        }
        // The intercept is moved from the mean of the terms to zero.
        let shift: f64 = curves.iter().map(|curve| curve.mean).sum();
        Ok(Self { intercept: round(fitted.intercept - shift, DECIMALS), curves })
    }

    /// The raw score, in log-odds.
    #[must_use]
    pub fn log_odds(&self, row: &Row) -> f64 {
        self.explained(row).0
    }

    /// The raw score and the contribution of each feature, its curve less the curve's mean, in
    /// log-odds.
    #[must_use]
    pub fn explained(&self, row: &Row) -> (f64, [f64; FEATURE_COUNT]) {
        let mut values = [0.0; FEATURE_COUNT];
        for (j, (value, curve)) in values.iter_mut().zip(&self.curves).enumerate() {
            *value = curve.value(row.standard[j], row.measured[j]);
        }
        let score = values.iter().sum::<f64>() + self.intercept;
        for (value, curve) in values.iter_mut().zip(&self.curves) {
            *value -= curve.mean;
        }
        (score, values)
    }

    /// The mean score of the training rows, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        self.intercept + self.curves.iter().map(|curve| curve.mean).sum::<f64>()
    }

    /// The contribution of each feature, in log-odds.
    #[must_use]
    pub fn contributions(&self, row: &Row) -> [f64; FEATURE_COUNT] {
        self.explained(row).1
    }

    /// Returns true if every number is finite, every part has its length, and no curve that must not
    /// fall has a negative slope.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.intercept.is_finite()
            && self.curves.len() == FEATURE_COUNT
            && self.curves.iter().enumerate().all(|(j, curve)| {
                curve.is_sound() && !(is_raising(j) && curve.slopes.iter().any(|s| *s < 0.0))
            })
    }
}

/// True for every term whose weight must not be negative.
fn bounds(curves: &[Curve]) -> Vec<bool> {
    let of_curves = curves.iter().enumerate().flat_map(|(j, curve)| {
        (0..curve.terms()).map(move |term| is_raising(j) && term < curve.slopes.len())
    });
    of_curves.collect()
}

/// Every term of every row.
fn terms(curves: &[Curve], rows: &Rows) -> Array2<f64> {
    let width = curves.iter().map(Curve::terms).sum();
    let mut terms = Vec::with_capacity(rows.standard.nrows() * width);
    for row in rows.iter() {
        for (j, curve) in curves.iter().enumerate() {
            let start = terms.len();
            terms.resize(start + curve.terms(), 0.0);
            curve.write_terms(row.standard[j], row.measured[j], &mut terms[start..]);
        }
    }
    // The shape fits by construction.
    let all = Array2::from_shape_vec((rows.standard.nrows(), width), terms);
    all.unwrap_or_default()
}
