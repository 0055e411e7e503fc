//! Logistic regression on natural cubic splines of the features.
//!
//! Every feature enters linearly and through cubic terms that are linear beyond the outer knots
//! (restricted cubic splines: Harrell, Regression Modeling Strategies, 2nd ed., section 2.4.5);
//! optionally with an indicator of "not measured". The score is a sum of one curve per feature,
//! so a feature's contribution is exact: the sum over its terms, each minus its training mean.

use ndarray::{Array2, ArrayView1, Axis};
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::round;

use super::{
    fitting::{FitError, Start, penalised},
    row::{Row, Rows},
};

/// Decimals kept of knots (in standard deviations) and weights (in log-odds per term).
const DECIMALS: i32 = 6;

/// Minimum number of distinct knots; a feature with fewer stays linear.
const MIN_KNOTS: usize = 3;

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

/// The curve of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Curve {
    /// Ascending, in standard deviations; empty if the feature is linear.
    knots: Vec<f64>,
    /// True if the last term is the indicator of "not measured".
    indicator: bool,
    /// One weight per term, in log-odds: linear, cubic, indicator.
    weights: Vec<f64>,
    /// Mean of every term over the training rows.
    means: Vec<f64>,
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
        // Knots first, because the number of terms depends on them.
        let mut curves: Vec<Curve> =
            (0..FEATURE_COUNT).map(|j| Curve::shape(rows, j, choice)).collect();

        // Terms are standardised, so that the penalty weighs them equally.
        let mut terms = terms(&curves, rows);
        let means = terms.mean_axis(Axis(0)).ok_or(FitError::Columns(0))?;
        let deviations = terms.std_axis(Axis(0), 0.0).mapv(|d| if d > 0.0 { d } else { 1.0 });
        terms = (terms - &means) / &deviations;
        let fitted = penalised(terms.view(), outcomes, choice.l2, start)?;

        // Weights are kept on the scale of the terms themselves.
        let mut start = 0;
        for curve in &mut curves {
            let columns = start..start + curve.len();
            start = columns.end;
            let scaled = columns.clone().map(|t| fitted.weights[t] / deviations[t]);
            curve.weights = scaled.map(|w| round(w, DECIMALS)).collect();
            curve.means = columns.map(|t| round(means[t], DECIMALS)).collect();
        }
        // The intercept is moved from the mean of the terms to zero.
        let at_mean = round(fitted.intercept, DECIMALS);
        let shift: f64 = curves.iter().map(Curve::at_mean).sum();
        Ok(Self { intercept: round(at_mean - shift, DECIMALS), curves })
    }

    /// The raw score, in log-odds.
    #[must_use]
    pub fn log_odds(&self, row: &Row) -> f64 {
        self.curves.iter().enumerate().map(|(j, curve)| curve.value(row, j)).sum::<f64>()
            + self.intercept
    }

    /// The score at the mean of all terms, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        self.intercept + self.curves.iter().map(Curve::at_mean).sum::<f64>()
    }

    /// The contribution of each feature: `sum of w (b(x) - mean of b)` over its terms.
    #[must_use]
    pub fn contributions(&self, row: &Row) -> [f64; FEATURE_COUNT] {
        std::array::from_fn(|j| {
            self.curves.get(j).map_or(0.0, |curve| curve.value(row, j) - curve.at_mean())
        })
    }

    /// Returns true if every number is finite and every part has its length.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.intercept.is_finite()
            && self.curves.len() == FEATURE_COUNT
            && self.curves.iter().all(Curve::is_sound)
    }
}

impl Curve {
    /// The terms of feature `j`, without weights.
    fn shape(rows: &Rows, j: usize, choice: SplineChoice) -> Self {
        let measured = rows.measured.column(j);
        // A feature without missing values needs no indicator.
        let indicator = choice.indicators && measured.iter().any(|value| value.is_nan());
        let knots = knots(measured, rows.standard.column(j), choice.knots);
        Self { knots, indicator, weights: Vec::new(), means: Vec::new() }
    }

    fn len(&self) -> usize {
        1 + self.knots.len().saturating_sub(2) + usize::from(self.indicator)
    }

    /// Calls `use_term` with the number and value of every term of feature `j`.
    fn each_term(&self, row: &Row, j: usize, mut use_term: impl FnMut(usize, f64)) {
        let x = row.standard[j];
        use_term(0, x);
        let curved = match self.knots.as_slice() {
            [first, inner @ .., before, last] => {
                for (k, knot) in [first].into_iter().chain(inner).enumerate() {
                    use_term(k + 1, restricted_cubic(x, *knot, *before, *last, last - first));
                }
                inner.len() + 1
            }
            _ => 0,
        };
        // The indicator follows the cubic terms.
        if self.indicator {
            use_term(curved + 1, f64::from(u8::from(row.measured[j].is_nan())));
        }
    }

    fn value(&self, row: &Row, j: usize) -> f64 {
        let mut sum = 0.0;
        self.each_term(row, j, |t, term| sum += self.weights[t] * term);
        sum
    }

    fn at_mean(&self) -> f64 {
        self.weights.iter().zip(&self.means).map(|(w, mean)| w * mean).sum()
    }

    fn is_sound(&self) -> bool {
        let numbers = self.knots.iter().chain(&self.weights).chain(&self.means);
        let knots = self.knots.len();
        numbers.copied().all(f64::is_finite)
            && (knots == 0 || knots >= MIN_KNOTS)
            && self.knots.is_sorted_by(|a, b| a < b)
            && self.weights.len() == self.len()
            && self.means.len() == self.len()
    }
}

/// Harrell's restricted cubic term of one knot, divided by the squared span so that it has the
/// scale of `x`.
fn restricted_cubic(x: f64, knot: f64, before: f64, last: f64, span: f64) -> f64 {
    let gap = last - before;
    (cube(x - knot) - cube(x - before) * (last - knot) / gap
        + cube(x - last) * (before - knot) / gap)
        / (span * span)
}

/// The cube of the positive part.
fn cube(distance: f64) -> f64 {
    distance.max(0.0).powi(3)
}

/// Harrell's quantiles for a number of knots.
fn quantiles(knots: usize) -> &'static [f64] {
    match knots {
        0..=3 => &[0.1, 0.5, 0.9],
        4 => &[0.05, 0.35, 0.65, 0.95],
        5 => &[0.05, 0.275, 0.5, 0.725, 0.95],
        _ => &[0.05, 0.23, 0.41, 0.59, 0.77, 0.95],
    }
}

/// Distinct quantiles of the measured values, in standard deviations.
fn knots(measured: ArrayView1<'_, f64>, standard: ArrayView1<'_, f64>, count: usize) -> Vec<f64> {
    let pairs = measured.iter().zip(standard);
    let mut values: Vec<f64> = pairs.filter(|(m, _)| !m.is_nan()).map(|(_, s)| *s).collect();
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let mut knots: Vec<f64> = Vec::with_capacity(count);
    for quantile in quantiles(count) {
        // Linear interpolation between the two nearest values.
        let position = quantile * last as f64;
        let below = values.get(position.floor() as usize);
        let above = values.get(position.ceil() as usize);
        if let (Some(below), Some(above)) = (below, above) {
            knots.push(round(below + (above - below) * position.fract(), DECIMALS));
        }
    }
    // Discrete features have equal quantiles.
    knots.dedup();
    if knots.len() < MIN_KNOTS { Vec::new() } else { knots }
}

/// Every term of every row.
fn terms(curves: &[Curve], rows: &Rows) -> Array2<f64> {
    let width = curves.iter().map(Curve::len).sum();
    let mut terms = Array2::zeros((rows.standard.nrows(), width));
    for (mut line, row) in terms.rows_mut().into_iter().zip(rows.iter()) {
        let mut start = 0;
        for (j, curve) in curves.iter().enumerate() {
            curve.each_term(&row, j, |t, term| line[start + t] = term);
            start += curve.len();
        }
    }
    terms
}
