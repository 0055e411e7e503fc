//! Interventional SHAP values of a linear model.
//!
//! For a model that is linear in its features, the Shapley value of feature `j` with features
//! taken as independent of each other is `w_j (x_j - E[x_j])`, where the expectation is over the
//! training rows (Strumbelj and Kononenko, 2014; Lundberg and Lee, 2017).

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::{model::Logistic, stats::round};

/// Decimals kept of the background, in standard deviations.
const DECIMALS: i32 = 9;

/// The background of a linear model and its score there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearExplainer {
    base_value: f64,
    background: [f64; FEATURE_COUNT],
}

impl LinearExplainer {
    /// Uses the mean of the standardised training rows as background. An absent column counts as 0,
    /// the mean of every standardised column.
    #[must_use]
    pub fn fit(model: &Logistic, rows: ArrayView2<'_, f64>) -> Self {
        let mut background = [0.0; FEATURE_COUNT];
        // Close to zero by standardisation, but not exactly after rounding.
        for (slot, column) in background.iter_mut().zip(rows.axis_iter(Axis(1))) {
            *slot = round(column.mean().unwrap_or_default(), DECIMALS);
        }
        Self { base_value: model.log_odds(&background), background }
    }

    /// The model's score at the background, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        self.base_value
    }

    /// Mean of the standardised training rows.
    #[must_use]
    pub fn background(&self) -> &[f64; FEATURE_COUNT] {
        &self.background
    }

    /// `w (x - E[x])` per feature, in log-odds.
    #[must_use]
    pub fn contributions(
        &self,
        weights: &[f64; FEATURE_COUNT],
        row: &[f64; FEATURE_COUNT],
    ) -> [f64; FEATURE_COUNT] {
        std::array::from_fn(|j| weights[j] * (row[j] - self.background[j]))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    /// The Shapley value by its definition: the mean gain of feature `j` over every subset of the
    /// others, weighted by the orders in which the subset comes first. Features outside of the
    /// subset have the background's value.
    fn shapley(model: &Logistic, background: &[f64; 8], row: &[f64; 8], j: usize) -> f64 {
        let score = |members: usize| {
            model.log_odds(&std::array::from_fn(|k| {
                if members >> k & 1 == 1 { row[k] } else { background[k] }
            }))
        };
        let factorial = |n: usize| (1..=n).product::<usize>() as f64;
        (0..1usize << FEATURE_COUNT)
            .filter(|members| members >> j & 1 == 0)
            .map(|members| {
                let size = members.count_ones() as usize;
                let orders = factorial(size) * factorial(FEATURE_COUNT - size - 1);
                orders / factorial(FEATURE_COUNT) * (score(members | 1 << j) - score(members))
            })
            .sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn contributions_are_shapley_values_and_add_up(
            rows in proptest::collection::vec(proptest::array::uniform8(-2.0..2.0f64), 10..30),
            row in proptest::array::uniform8(-4.0..4.0f64),
        ) {
            let rows = Array2::from(rows);
            let outcomes: Vec<bool> = (0..rows.nrows()).map(|i| i % 3 == 0).collect();
            let model = Logistic::fit(rows.view(), &outcomes).unwrap();
            let explainer = LinearExplainer::fit(&model, rows.view());
            let contributions = explainer.contributions(model.weights(), &row);
            for (j, contribution) in contributions.iter().enumerate() {
                let expected = shapley(&model, explainer.background(), &row, j);
                prop_assert!((contribution - expected).abs() < 1e-9, "{j}");
            }
            let sum = explainer.base_value() + contributions.iter().sum::<f64>();
            prop_assert!((sum - model.log_odds(&row)).abs() < 1e-9);
        }
    }
}
