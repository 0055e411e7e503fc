//! The measures of [`crate::stats`] with a weight per row, for resampling: a row that is drawn twice
//! has weight two.

use crate::{
    stats::LOG_FLOOR,
    train::{Dataset, Validation},
};

/// The out-of-fold probabilities of chosen rows in one repeat, in ascending order.
pub(super) struct SortedRepeat {
    /// Position among the chosen rows, probability, outcome.
    rows: Vec<(usize, f64, bool)>,
}

impl SortedRepeat {
    /// Sorts the rows at these positions, in every repeat.
    pub(super) fn of_rows(data: &Dataset, validation: &Validation, rows: &[usize]) -> Vec<Self> {
        let repeats = validation.repeats.iter().map(|repeat| {
            let mut sorted: Vec<_> = rows
                .iter()
                .enumerate()
                .map(|(at, row)| (at, repeat[*row].probability, data.outcomes[*row]))
                .collect();
            // Ties are ordered by position, so that every run sums in the same order.
            sorted.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            Self { rows: sorted }
        });
        repeats.collect()
    }

    /// Area under the ROC curve, Brier score and log loss under these weights. The first is NaN if
    /// only one outcome has weight.
    pub(super) fn weighted(&self, weights: &[f64]) -> [f64; 3] {
        let mut below = 0.0;
        let mut wins = 0.0;
        let mut positives = 0.0;
        let mut squares = 0.0;
        let mut loss = 0.0;
        #[expect(clippy::float_cmp, reason = "ties are exact")]
        for tied in self.rows.chunk_by(|a, b| a.1 == b.1) {
            let mut tied_positives = 0.0;
            let mut tied_negatives = 0.0;
            for (at, probability, outcome) in tied {
                let weight = weights[*at];
                let of_outcome = if *outcome { *probability } else { 1.0 - probability };
                squares += weight * (1.0 - of_outcome).powi(2);
                loss -= weight * of_outcome.max(LOG_FLOOR).ln();
                if *outcome {
                    tied_positives += weight;
                } else {
                    tied_negatives += weight;
                }
            }
            // A positive row wins against lower negatives, and half against tied ones.
            wins += tied_positives * (below + tied_negatives / 2.0);
            below += tied_negatives;
            positives += tied_positives;
        }
        let all = positives + below;
        [wins / (positives * below), squares / all, loss / all]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{brier, log_loss, roc_auc};

    /// A row of weight two counts like the row twice.
    #[test]
    fn a_weight_is_a_repetition() {
        let rows = [(0.1, false), (0.4, true), (0.4, false), (0.7, true), (0.9, true)];
        let weights = [2.0, 1.0, 3.0, 0.0, 1.0];
        let sorted = SortedRepeat {
            rows: rows.iter().enumerate().map(|(at, (p, y))| (at, *p, *y)).collect(),
        };
        let mut repeated = Vec::new();
        for (row, weight) in rows.iter().zip(weights) {
            repeated.extend(std::iter::repeat_n(*row, weight as usize));
        }
        let (p, y): (Vec<f64>, Vec<bool>) = repeated.into_iter().unzip();
        let expected = [roc_auc(&p, &y), brier(&p, &y), log_loss(&p, &y)];
        for (found, expected) in sorted.weighted(&weights).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
