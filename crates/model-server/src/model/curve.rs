//! The curve of one feature: a natural cubic spline in terms of its slopes.
//!
//! Between the knots the slope is a quadratic B-spline, beyond them it is constant (restricted cubic
//! splines: Harrell, Regression Modeling Strategies, 2nd ed., section 2.4.5). The B-spline has one
//! control slope per segment, and a curve whose control slopes are not negative never falls (Ramsay,
//! "Monotone regression splines in action", 1988). All splines of these knots have this form, so a
//! monotone curve needs no other terms than a free one, only bounds.

use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

use crate::stats::round;

/// Decimals kept of knots, in standard deviations.
const DECIMALS: i32 = 6;

/// Minimum number of distinct knots; a feature with fewer stays linear.
const MIN_KNOTS: usize = 3;

/// The curve of one feature over its standardised values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Curve {
    /// Ascending, in standard deviations; empty if the feature is linear.
    pub(super) knots: Vec<f64>,
    /// The control slope of every segment between two knots, in log-odds per standard deviation; the
    /// only slope of a linear feature.
    pub(super) slopes: Vec<f64>,
    /// Added if the feature was not measured, in log-odds.
    pub(super) not_measured: Option<f64>,
    /// Mean over the training rows, in log-odds.
    pub(super) mean: f64,
}

impl Curve {
    /// A flat curve with knots at quantiles of the measured values.
    pub(super) fn flat(
        measured: ArrayView1<'_, f64>,
        standard: ArrayView1<'_, f64>,
        knots: usize,
        indicator: bool,
    ) -> Self {
        let knots = quantile_knots(measured, standard, knots);
        Self {
            slopes: vec![0.0; knots.len().saturating_sub(1).max(1)],
            // A feature without missing values needs no indicator.
            not_measured: (indicator && measured.iter().any(|value| value.is_nan())).then_some(0.0),
            knots,
            mean: 0.0,
        }
    }

    /// Number of terms: the slopes, then the indicator of "not measured".
    pub(super) fn terms(&self) -> usize {
        self.slopes.len() + usize::from(self.not_measured.is_some())
    }

    /// The curve's value: the sum of its terms.
    pub(super) fn value(&self, standard: f64, measured: f64) -> f64 {
        let indicator = self.not_measured.filter(|_| measured.is_nan()).unwrap_or_default();
        height(&self.knots, &self.slopes, standard) + indicator
    }

    /// Writes the value of every term at weight one.
    pub(super) fn write_terms(&self, standard: f64, measured: f64, terms: &mut [f64]) {
        let mut slopes = vec![0.0; self.slopes.len()];
        for (i, term) in terms.iter_mut().enumerate() {
            if i < slopes.len() {
                slopes[i] = 1.0;
                *term = height(&self.knots, &slopes, standard);
                slopes[i] = 0.0;
            } else {
                *term = f64::from(u8::from(measured.is_nan()));
            }
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let knots = self.knots.len();
        let numbers = self.knots.iter().chain(&self.slopes).chain(&self.not_measured);
        numbers.chain([&self.mean]).copied().all(f64::is_finite)
            && (knots == 0 || knots >= MIN_KNOTS)
            && self.knots.is_sorted_by(|a, b| a < b)
            && self.slopes.len() == knots.saturating_sub(1).max(1)
    }
}

/// The integral of the slope from the first knot to `x`.
fn height(knots: &[f64], slopes: &[f64], x: f64) -> f64 {
    let Some(first) = knots.first() else {
        return slopes.first().map_or(0.0, |slope| slope * x);
    };
    // Beyond the outer knots a natural spline is a straight line.
    let mut start = slope_at(knots, slopes, 0);
    if x <= *first {
        return start * (x - first);
    }
    let mut sum = 0.0;
    for (i, pair) in knots.windows(2).enumerate() {
        let width = pair[1] - pair[0];
        let end = slope_at(knots, slopes, i + 1);
        let control = [start, slopes[i], end];
        if x < pair[1] {
            return sum + width * area(control, (x - pair[0]) / width);
        }
        sum += width * area(control, 1.0);
        start = end;
    }
    sum + start * (x - knots[knots.len() - 1])
}

/// The slope at a knot: the control slopes on both sides, weighted by the width of the other segment.
fn slope_at(knots: &[f64], slopes: &[f64], knot: usize) -> f64 {
    if knot == 0 {
        return slopes[0];
    }
    if knot == slopes.len() {
        return slopes[knot - 1];
    }
    let before = knots[knot] - knots[knot - 1];
    let after = knots[knot + 1] - knots[knot];
    (after * slopes[knot - 1] + before * slopes[knot]) / (before + after)
}

/// The area below a quadratic Bézier curve from 0 to `u`, for a segment of width one.
fn area([start, control, end]: [f64; 3], u: f64) -> f64 {
    let third = u * u * u / 3.0;
    start * (u - u * u + third) + control * (u * u - 2.0 * third) + end * third
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
fn quantile_knots(
    measured: ArrayView1<'_, f64>,
    standard: ArrayView1<'_, f64>,
    count: usize,
) -> Vec<f64> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn curve(knots: Vec<f64>, slopes: Vec<f64>) -> Curve {
        Curve { knots, slopes, not_measured: None, mean: 0.0 }
    }

    #[test]
    fn equal_slopes_are_a_line() {
        let line = curve(vec![-1.0, 0.5, 2.0, 2.5], vec![0.7; 3]);
        for x in [-9.0, -1.0, 0.2, 0.5, 1.9, 2.5, 8.0] {
            assert!((line.value(x, x) - 0.7 * (x + 1.0)).abs() < 1e-12, "{x}");
        }
    }

    /// Second differences: the slope has no jump at a knot, nor has the curvature.
    #[test]
    fn slope_and_curvature_are_continuous_at_the_knots() {
        let spline = curve(vec![-1.0, 0.0, 0.4, 2.0, 3.0], vec![0.3, -1.2, 2.0, 0.1]);
        let at = |x: f64| spline.value(x, x);
        let curvature = |x: f64| (at(x + 1e-4) - 2.0 * at(x) + at(x - 1e-4)) / 1e-8;
        for knot in [-1.0, 0.0, 0.4, 2.0, 3.0] {
            assert!((curvature(knot - 2e-4) - curvature(knot + 2e-4)).abs() < 0.05, "{knot}");
        }
        // Natural: no curvature beyond the outer knots.
        assert!(curvature(-1.5).abs() < 1e-4 && curvature(3.5).abs() < 1e-4);
    }

    proptest! {
        #[test]
        fn a_curve_whose_slopes_are_not_negative_never_falls(
            slopes in proptest::collection::vec(0.0..3.0f64, 4),
            gaps in proptest::collection::vec(0.01..2.0f64, 4),
        ) {
            let mut knots = vec![-2.0];
            for gap in gaps {
                knots.push(knots[knots.len() - 1] + gap);
            }
            let spline = curve(knots, slopes);
            let heights: Vec<f64> =
                (0..400).map(|i| spline.value(f64::from(i) / 40.0 - 4.0, 0.0)).collect();
            prop_assert!(heights.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12));
        }

        #[test]
        fn the_value_is_the_sum_of_the_weighted_terms(
            slopes in proptest::collection::vec(-2.0..2.0f64, 3),
            x in -4.0..6.0f64,
        ) {
            let spline = curve(vec![-1.0, 0.3, 1.0, 2.5], slopes.clone());
            let mut terms = [0.0; 3];
            spline.write_terms(x, x, &mut terms);
            let sum: f64 = terms.iter().zip(&slopes).map(|(term, slope)| term * slope).sum();
            prop_assert!((spline.value(x, x) - sum).abs() < 1e-9);
        }
    }
}
