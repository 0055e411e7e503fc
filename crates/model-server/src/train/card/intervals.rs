//! Bootstrap confidence intervals over people.
//!
//! People are drawn with replacement (Efron, 1979), with all their repeats; the figure of a draw
//! is the mean over the repeats. The interval contains 95 % of the draws.

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::{
    stats::mean,
    train::{Dataset, Validation},
};

use super::{resampled::SortedRepeat, rounded::rounded};

const DRAWS: usize = 1_000;
const SEED: u64 = 2_000;

/// A figure over the rows of every repeat, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Mean over the repeats.
    pub value: f64,
    /// 2.5 % of the draws are lower.
    pub low: f64,
    /// 2.5 % of the draws are higher.
    pub high: f64,
}

/// Area under the ROC curve, Brier score and log loss of the rows at these positions.
pub(super) fn intervals(data: &Dataset, validation: &Validation, rows: &[usize]) -> [Interval; 3] {
    let repeats = SortedRepeat::of_rows(data, validation, rows);
    let values = mean_over_repeats(&repeats, &vec![1.0; rows.len()]);

    // A draw weighs every person by the number of times it contains them.
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut draws: [Vec<f64>; 3] = Default::default();
    for _ in 0..DRAWS {
        let mut weights = vec![0.0; rows.len()];
        for _ in 0..rows.len() {
            weights[random.random_range(0..rows.len())] += 1.0;
        }
        for (draws, value) in draws.iter_mut().zip(mean_over_repeats(&repeats, &weights)) {
            // A draw with one outcome only has no AUC.
            if value.is_finite() {
                draws.push(value);
            }
        }
    }

    std::array::from_fn(|i| {
        draws[i].sort_unstable_by(f64::total_cmp);
        Interval {
            value: rounded(values[i]),
            low: rounded(quantile(&draws[i], 0.025)),
            high: rounded(quantile(&draws[i], 0.975)),
        }
    })
}

/// The figures under these weights, as means over the repeats.
fn mean_over_repeats(repeats: &[SortedRepeat], weights: &[f64]) -> [f64; 3] {
    let figures: Vec<[f64; 3]> = repeats.iter().map(|repeat| repeat.weighted(weights)).collect();
    [0, 1, 2].map(|i| mean(figures.iter().map(|of_repeat| of_repeat[i])))
}

/// A quantile of ascending values, by the nearest rank; NaN for no values.
fn quantile(ascending: &[f64], share: f64) -> f64 {
    let last = ascending.len().saturating_sub(1) as f64;
    ascending.get((share * last).round() as usize).copied().unwrap_or(f64::NAN)
}
