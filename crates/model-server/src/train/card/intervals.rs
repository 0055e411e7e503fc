//! What another sample of people would do to a figure.
//!
//! People are drawn with replacement (Efron, 1979), with all their repeats; the figure of a draw
//! is the mean over the repeats. The interval holds 95 % of the draws.

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::{
    stats::mean,
    train::{Dataset, Validation},
};

use super::{model_card::kept, resampled::Sorted};

const DRAWS: usize = 1_000;
const SEED: u64 = 2_000;

/// A figure over the rows of every repeat, and where 95 % of the draws are.
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
    let repeats = Sorted::repeats(data, validation, rows);
    let over_repeats = |weights: &[f64]| {
        let found: Vec<[f64; 3]> = repeats.iter().map(|repeat| repeat.weighed(weights)).collect();
        [0, 1, 2].map(|i| mean(found.iter().map(|figures| figures[i])))
    };
    let values = over_repeats(&vec![1.0; rows.len()]);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut draws: [Vec<f64>; 3] = Default::default();
    for _ in 0..DRAWS {
        let mut weights = vec![0.0; rows.len()];
        for _ in 0..rows.len() {
            weights[random.random_range(0..rows.len())] += 1.0;
        }
        for (of_figure, value) in draws.iter_mut().zip(over_repeats(&weights)) {
            of_figure.extend(Some(value).filter(|value| value.is_finite()));
        }
    }
    std::array::from_fn(|i| {
        draws[i].sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let last = draws[i].len().saturating_sub(1) as f64;
            draws[i].get((share * last).round() as usize).copied().unwrap_or(f64::NAN)
        };
        Interval { value: kept(values[i]), low: kept(at(0.025)), high: kept(at(0.975)) }
    })
}
