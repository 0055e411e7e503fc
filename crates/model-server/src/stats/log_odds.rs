//! Log-odds and probability.

/// The logistic function: log-odds to probability, without overflow on either side.
#[must_use]
pub fn probability(log_odds: f64) -> f64 {
    // Either branch takes the exponential of a negative number, which can't overflow.
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_function_is_symmetric_and_within_0_and_1() {
        assert!((probability(0.0) - 0.5).abs() < 1e-15);
        for log_odds in [0.1, 1.0, 5.0, 30.0, 800.0, f64::MAX] {
            let up = probability(log_odds);
            let down = probability(-log_odds);
            assert!((up + down - 1.0).abs() < 1e-15, "{log_odds}");
            assert!((0.0..=1.0).contains(&up) && (0.0..=1.0).contains(&down));
        }
        assert!((probability(2.0) - 0.880_797_077_977_882_3).abs() < 1e-15);
    }
}
