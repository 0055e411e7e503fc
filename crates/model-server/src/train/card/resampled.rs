//! The measures of [`crate::stats`] with a weight per row, for resampling: a row that is
//! drawn twice weighs two.

use crate::{
    stats::LOG_FLOOR,
    train::{Dataset, Validation},
};

/// One repeat's probabilities of some rows, in ascending order, ready to be weighed.
pub(super) struct Sorted {
    /// Position among the rows that were chosen, probability, outcome.
    rows: Vec<(usize, f64, bool)>,
}

impl Sorted {
    /// Every repeat of the rows at these positions.
    pub(super) fn repeats(data: &Dataset, validation: &Validation, rows: &[usize]) -> Vec<Self> {
        let of_repeat = |repeat: &Vec<crate::train::OutOfFold>| {
            let mut sorted: Vec<_> = rows
                .iter()
                .enumerate()
                .map(|(at, row)| (at, repeat[*row].probability, data.outcomes[*row]))
                .collect();
            sorted.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            Self { rows: sorted }
        };
        validation.repeats.iter().map(of_repeat).collect()
    }

    /// Area under the ROC curve, Brier score and log loss under these weights. The first is NaN
    /// when only one outcome has weight.
    pub(super) fn weighed(&self, weights: &[f64]) -> [f64; 3] {
        let (mut below, mut wins, mut positives) = (0.0, 0.0, 0.0);
        let (mut squares, mut loss) = (0.0, 0.0);
        #[expect(clippy::float_cmp, reason = "ties are exact")]
        for tied in self.rows.chunk_by(|a, b| a.1 == b.1) {
            let (mut of_positive, mut of_negative) = (0.0, 0.0);
            for (at, probability, outcome) in tied {
                let weight = weights[*at];
                let of_outcome = if *outcome { *probability } else { 1.0 - probability };
                squares += weight * (1.0 - of_outcome).powi(2);
                loss -= weight * of_outcome.max(LOG_FLOOR).ln();
                *(if *outcome { &mut of_positive } else { &mut of_negative }) += weight;
            }
            wins += of_positive * (below + of_negative / 2.0);
            below += of_negative;
            positives += of_positive;
        }
        let all = positives + below;
        [wins / (positives * below), squares / all, loss / all]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{brier, log_loss, roc_auc};

    /// A row of weight two is the row twice.
    #[test]
    fn a_weight_is_a_repetition() {
        let rows = [(0.1, false), (0.4, true), (0.4, false), (0.7, true), (0.9, true)];
        let weights = [2.0, 1.0, 3.0, 0.0, 1.0];
        let sorted =
            Sorted { rows: rows.iter().enumerate().map(|(at, (p, y))| (at, *p, *y)).collect() };
        let mut repeated = Vec::new();
        for (row, weight) in rows.iter().zip(weights) {
            repeated.extend(std::iter::repeat_n(*row, weight as usize));
        }
        let (p, y): (Vec<f64>, Vec<bool>) = repeated.into_iter().unzip();
        let expected = [roc_auc(&p, &y), brier(&p, &y), log_loss(&p, &y)];
        for (found, expected) in sorted.weighed(&weights).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
