use vitals_core::domain::features::FEATURES;

use crate::test_data::{Dataset, pima};

use super::*;

fn fit(data: &Dataset, seed: u64) -> Boosted {
    Boosted::fit(data.rows.view(), &data.outcomes, BoostedChoice::DEFAULT, seed).unwrap()
}

/// Fifty values over the whole accepted range.
fn grid(j: usize) -> Vec<f64> {
    let min = FEATURES[j].min;
    let max = FEATURES[j].max;
    (0..50).map(|i| min + (max - min) * f64::from(i) / 49.0).collect()
}

#[test]
fn a_higher_value_of_a_monotone_feature_never_lowers_the_risk() {
    let data = pima();
    for seed in 0..3 {
        let boosted = fit(&data, seed);
        for j in (0..FEATURE_COUNT).filter(|j| is_raising(*j)) {
            let values = grid(j);
            let mut rising = false;
            for row in data.rows.rows() {
                let mut person: [f64; FEATURE_COUNT] = std::array::from_fn(|k| row[k]);
                let mut before = f64::NEG_INFINITY;
                for value in &values {
                    person[j] = *value;
                    let score = boosted.log_odds(&person);
                    assert!(score >= before - 1e-9, "{} at {value}: {row}", FEATURES[j].name);
                    rising |= before.is_finite() && score > before + 1e-3;
                    before = score;
                }
            }
            assert!(rising, "{} has no effect", FEATURES[j].name);
        }
    }
}

/// Without this, the test above could not fail.
#[test]
fn other_features_may_lower_the_risk() {
    let data = pima();
    let boosted = fit(&data, 0);
    assert!((0..FEATURE_COUNT).any(|j| !is_raising(j) && falls(&boosted, &data, j)));
}

/// Returns true if a higher value of feature `j` lowers the score of any person.
fn falls(boosted: &Boosted, data: &Dataset, j: usize) -> bool {
    data.rows.rows().into_iter().any(|row| {
        let mut person: [f64; FEATURE_COUNT] = std::array::from_fn(|k| row[k]);
        let scores = grid(j).into_iter().map(|value| {
            person[j] = value;
            boosted.log_odds(&person)
        });
        !scores.collect::<Vec<_>>().is_sorted()
    })
}

#[test]
fn a_seed_reproduces_its_trees() {
    let data = pima();
    assert_eq!(fit(&data, 1), fit(&data, 1));
    assert_ne!(fit(&data, 1), fit(&data, 2));
}
