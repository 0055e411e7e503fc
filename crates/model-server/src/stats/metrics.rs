//! Measures of predicted probabilities: discrimination, accuracy, calibration.

/// Number of equal-width bins for the calibration error.
pub const CALIBRATION_BINS: usize = 10;

/// Smallest probability in the log loss, so that one row at probability 0 can't make it infinite.
pub(crate) const LOG_FLOOR: f64 = 1e-15;

/// Area under the ROC curve: the chance that a positive row scores above a negative one, ties
/// counting half (Mann-Whitney U over all pairs). NaN if there is only one outcome.
#[must_use]
pub fn roc_auc(probabilities: &[f64], outcomes: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_unstable_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut below = 0.0;
    let mut wins = 0.0;
    // Rows with equal probabilities form one step of the curve.
    for tied in order.chunk_by(|a, b| probabilities[*a] == probabilities[*b]) {
        let positives = tied.iter().filter(|i| outcomes[**i]).count() as f64;
        let negatives = tied.len() as f64 - positives;
        wins += positives * (below + negatives / 2.0);
        below += negatives;
    }
    wins / (below * (outcomes.len() as f64 - below))
}

/// Mean squared difference between probability and outcome (Brier, 1950).
#[must_use]
pub fn brier(probabilities: &[f64], outcomes: &[bool]) -> f64 {
    mean(pairs(probabilities, outcomes).map(|(p, y)| (p - y).powi(2)))
}

/// Mean negative log-likelihood, natural logarithm.
#[must_use]
pub fn log_loss(probabilities: &[f64], outcomes: &[bool]) -> f64 {
    mean(pairs(probabilities, outcomes).map(|(p, y)| {
        // The probability of the outcome that occurred.
        let of_outcome = if y > 0.5 { p } else { 1.0 - p };
        -of_outcome.max(LOG_FLOOR).ln()
    }))
}

/// Expected calibration error: over bins of equal width, the difference between mean probability
/// and share of positive rows, weighted by the bin's rows (Naeini et al., 2015).
#[must_use]
pub fn calibration_error(probabilities: &[f64], outcomes: &[bool]) -> f64 {
    let mut differences = [0.0; CALIBRATION_BINS];
    for (p, y) in pairs(probabilities, outcomes) {
        // Probability 1 belongs to the last bin.
        let bin = (p * CALIBRATION_BINS as f64) as usize;
        differences[bin.min(CALIBRATION_BINS - 1)] += p - y;
    }
    differences.iter().map(|sum| sum.abs()).sum::<f64>() / outcomes.len() as f64
}

/// Arithmetic mean; NaN for no values.
pub(crate) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for value in values {
        sum += value;
        count += 1.0;
    }
    sum / count
}

/// Sample standard deviation (divided by n - 1); NaN for fewer than two values.
#[must_use]
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values.iter().copied());
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

fn pairs<'a>(
    probabilities: &'a [f64],
    outcomes: &'a [bool],
) -> impl Iterator<Item = (f64, f64)> + 'a {
    probabilities.iter().zip(outcomes).map(|(p, y)| (*p, f64::from(u8::from(*y))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The AUC by its definition, over every pair.
    fn auc_by_pairs(probabilities: &[f64], outcomes: &[bool]) -> f64 {
        let mut wins = 0.0;
        let mut count = 0.0;
        for (p, _) in probabilities.iter().zip(outcomes).filter(|(_, y)| **y) {
            for (n, _) in probabilities.iter().zip(outcomes).filter(|(_, y)| !**y) {
                count += 1.0;
                wins += if p > n {
                    1.0
                } else if p == n {
                    0.5
                } else {
                    0.0
                };
            }
        }
        wins / count
    }

    #[test]
    fn known_values() {
        let p = [0.1, 0.4, 0.35, 0.8];
        let y = [false, false, true, true];
        assert!((roc_auc(&p, &y) - 0.75).abs() < 1e-15);
        assert!((brier(&p, &y) - 0.158_125).abs() < 1e-15);
        assert!((log_loss(&p, &y) - 0.472_287_953_5).abs() < 1e-9);
        // Every row is alone in its bin: the mean of |p - y|.
        assert!((calibration_error(&p, &y) - 0.3375).abs() < 1e-15);
    }

    #[test]
    fn the_calibration_error_compares_whole_bins() {
        let p = [0.25, 0.25, 0.25, 0.25, 1.0];
        assert!(calibration_error(&p, &[true, false, false, false, true]).abs() < 1e-15);
        assert!((calibration_error(&p, &[false, false, false, false, true]) - 0.2).abs() < 1e-15);
    }

    #[test]
    fn the_log_loss_of_a_certain_error_is_finite() {
        let loss = log_loss(&[0.0], &[true]);
        assert!(loss > 30.0 && loss.is_finite());
    }

    #[test]
    fn one_outcome_has_no_auc() {
        assert!(roc_auc(&[0.1, 0.2], &[true, true]).is_nan());
    }

    #[test]
    fn the_deviation_divides_by_n_minus_1() {
        assert!((deviation(&[1.0, 2.0, 3.0, 4.0]) - (5.0f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn auc_is_the_share_of_pairs_in_order(
            rows in proptest::collection::vec((0..12u8, any::<bool>()), 2..80),
        ) {
            let p: Vec<f64> = rows.iter().map(|(p, _)| f64::from(*p) / 11.0).collect();
            let y: Vec<bool> = rows.iter().map(|(_, y)| *y).collect();
            prop_assume!(y.contains(&true) && y.contains(&false));
            let expected = auc_by_pairs(&p, &y);
            prop_assert!((roc_auc(&p, &y) - expected).abs() < 1e-12);
            let opposite: Vec<f64> = p.iter().map(|p| 1.0 - p).collect();
            prop_assert!((roc_auc(&opposite, &y) - (1.0 - expected)).abs() < 1e-12);
        }

        #[test]
        fn errors_stay_in_their_range(
            rows in proptest::collection::vec((0.0..=1.0f64, any::<bool>()), 1..80),
        ) {
            let (p, y): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            prop_assert!((0.0..=1.0).contains(&brier(&p, &y)));
            prop_assert!((0.0..=1.0).contains(&calibration_error(&p, &y)));
            prop_assert!(log_loss(&p, &y) >= 0.0);
        }
    }
}
