//! Logistic regression, fitted by `linfa-logistic`.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::round;

use super::{
    fitting::{FitError, Start, penalised},
    monotone::{is_raising, raising},
};

/// Weight of the L2 penalty: the loss is the summed log loss plus half of this times the squared
/// weights, which is scikit-learn's `C = 1`. The intercept is not penalised.
pub const L2: f64 = 1.0;

/// Decimals kept of a weight, in log-odds per standard deviation.
const DECIMALS: i32 = 6;

/// Intercept and one weight per feature, in log-odds per standard deviation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    intercept: f64,
    weights: [f64; FEATURE_COUNT],
}

impl Logistic {
    /// Fits standardised rows to their outcomes.
    ///
    /// # Errors
    /// The rows don't have eight columns, rows and outcomes differ in number, there is only one
    /// outcome, or the optimiser does not converge.
    pub fn fit(rows: ArrayView2<'_, f64>, outcomes: &[bool]) -> Result<Self, FitError> {
        if rows.ncols() != FEATURE_COUNT {
            return Err(FitError::Columns(rows.ncols()));
        }
        let fitted = penalised(rows, outcomes, L2, &raising(), Start::Library)?;
        // Rounded, so that every processor saves the same weights.
        let kept = fitted.weights.mapv(|weight| round(weight, DECIMALS)).to_vec();
        let weights = kept.try_into().map_err(|kept: Vec<f64>| FitError::Columns(kept.len()))?;
        Ok(Self { intercept: round(fitted.intercept, DECIMALS), weights })
    }

    /// The raw score of one standardised row, in log-odds.
    #[must_use]
    pub fn log_odds(&self, row: &[f64; FEATURE_COUNT]) -> f64 {
        self.weights.iter().zip(row).fold(self.intercept, |sum, (w, x)| sum + w * x)
    }

    /// One weight per feature, in log-odds per standard deviation.
    #[must_use]
    pub fn weights(&self) -> &[f64; FEATURE_COUNT] {
        &self.weights
    }

    /// Returns true if every number is finite and no weight that must not be negative is.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.intercept.is_finite()
            && self.weights.iter().all(|weight| weight.is_finite())
            && !self.weights.iter().enumerate().any(|(j, weight)| is_raising(j) && *weight < 0.0)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    /// Gradient of the penalised loss by its definition; zero at the optimum.
    fn gradient(model: &Logistic, rows: &Array2<f64>, outcomes: &[bool]) -> Vec<f64> {
        let mut gradient: Vec<f64> = model.weights.iter().map(|w| L2 * w).collect();
        gradient.push(0.0);
        for (row, outcome) in rows.rows().into_iter().zip(outcomes) {
            let row: [f64; FEATURE_COUNT] = std::array::from_fn(|j| row[j]);
            let p = crate::stats::probability(model.log_odds(&row));
            let error = p - f64::from(u8::from(*outcome));
            for (slot, x) in gradient.iter_mut().zip(row.iter().chain(&[1.0])) {
                *slot += error * x;
            }
        }
        gradient
    }

    #[test]
    fn a_single_outcome_is_rejected() {
        let rows = Array2::<f64>::ones((4, FEATURE_COUNT));
        assert!(Logistic::fit(rows.view(), &[true; 4]).is_err());
    }

    #[test]
    fn other_widths_are_rejected() {
        let rows = Array2::from_shape_fn((4, 3), |(i, j)| (i * j) as f64);
        let error = Logistic::fit(rows.view(), &[true, false, true, false]).unwrap_err();
        assert!(error.to_string().contains("3 columns"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// The fit is the optimum for `true`, even if `false` is the more frequent outcome.
        #[test]
        fn the_fit_is_the_optimum_within_the_bounds(
            rows in proptest::collection::vec(proptest::array::uniform8(-2.0..2.0f64), 20..60),
            outcomes in proptest::collection::vec(any::<bool>(), 60),
        ) {
            let rows = Array2::from(rows);
            let outcomes = &outcomes[..rows.nrows()];
            prop_assume!(outcomes.contains(&true) && outcomes.contains(&false));
            let model = Logistic::fit(rows.view(), outcomes).unwrap();
            let weights = model.weights.iter().copied().chain([f64::NAN]);
            for (j, (slope, weight)) in gradient(&model, &rows, outcomes).iter().zip(weights).enumerate() {
                // At its bound, a weight may only want to become negative.
                let bound = j < FEATURE_COUNT && is_raising(j) && weight == 0.0;
                prop_assert!(slope.abs() < 1e-4 || bound && *slope > 0.0, "{j} {slope}");
                prop_assert!(!(j < FEATURE_COUNT && is_raising(j)) || weight >= 0.0, "{j} {weight}");
            }
        }
    }
}
