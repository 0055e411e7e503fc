//! Figures of single fits, with 95 % intervals from resampling with refit.

use serde::Serialize;

use crate::{
    stats::{brier, log_loss, mean, roc_auc},
    train::{Dataset, Resamples, Validation},
};

use super::rounded::rounded;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The figure over the out-of-fold rows of a repeat, mean over the repeats.
    pub value: f64,
    /// 2.5 % of the resamples are lower.
    pub low: f64,
    /// 2.5 % of the resamples are higher.
    pub high: f64,
}

/// The inputs of a card's figures.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The data.
    pub data: &'a Dataset,
    /// The out-of-fold predictions.
    pub validation: &'a Validation,
    /// The predictions of refitted models.
    pub resamples: &'a Resamples,
}

impl Evidence<'_> {
    /// Area under the ROC curve, Brier score and log loss of the chosen rows.
    pub(super) fn intervals(&self, is_chosen: impl Fn(usize) -> bool) -> [Interval; 3] {
        let of_repeats = self.validation.repeats.iter().map(|repeat| {
            self.figures(repeat.iter().enumerate().map(|(i, row)| (i, row.probability)), &is_chosen)
        });
        let of_repeats: Vec<[f64; 3]> = of_repeats.collect();
        // The value is the mean over repeats; the spread over resamples gives its interval.
        let of_draws = self.resamples.draws.iter();
        let of_draws: Vec<[f64; 3]> =
            of_draws.map(|draw| self.figures(draw.iter().copied(), &is_chosen)).collect();
        std::array::from_fn(|i| {
            let value = mean(of_repeats.iter().map(|figures| figures[i]));
            interval(value, of_draws.iter().map(|figures| figures[i]))
        })
    }

    fn figures(
        &self,
        rows: impl Iterator<Item = (usize, f64)>,
        is_chosen: &impl Fn(usize) -> bool,
    ) -> [f64; 3] {
        let chosen = rows.filter(|(row, _)| is_chosen(*row));
        let (probabilities, outcomes): (Vec<f64>, Vec<bool>) =
            chosen.map(|(row, probability)| (probability, self.data.outcomes[row])).unzip();
        [
            roc_auc(&probabilities, &outcomes),
            brier(&probabilities, &outcomes),
            log_loss(&probabilities, &outcomes),
        ]
    }
}

/// The 95 % interval of a figure over its values in the resamples. Draws without the figure, for lack of
/// an outcome, don't count.
pub(super) fn interval(value: f64, of_draws: impl Iterator<Item = f64>) -> Interval {
    let mut draws: Vec<f64> = of_draws.filter(|value| value.is_finite()).collect();
    draws.sort_unstable_by(f64::total_cmp);
    Interval {
        value: rounded(value),
        low: rounded(quantile(&draws, 0.025)),
        high: rounded(quantile(&draws, 0.975)),
    }
}

/// A quantile of ascending values, by the nearest rank; NaN for no values.
fn quantile(ascending: &[f64], share: f64) -> f64 {
    let last = ascending.len().saturating_sub(1) as f64;
    ascending.get((share * last).round() as usize).copied().unwrap_or(f64::NAN)
}
