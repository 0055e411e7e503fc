use std::path::Path;

use crate::train::Dataset;

use super::*;

fn pima() -> Dataset {
    Dataset::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/pima.csv")).unwrap()
}

fn fit(data: &Dataset, seed: u64) -> Boosted {
    Boosted::fit(data.rows.view(), &data.outcomes, BoostedChoice::DEFAULT, seed).unwrap()
}

/// Fifty values over the whole accepted range.
fn grid(j: usize) -> Vec<f64> {
    let (min, max) = (FEATURES[j].min, FEATURES[j].max);
    (0..50).map(|i| min + (max - min) * f64::from(i) / 49.0).collect()
}

#[test]
fn more_of_what_only_raises_the_risk_never_lowers_it() {
    let data = pima();
    for seed in 0..3 {
        let boosted = fit(&data, seed);
        for j in (0..FEATURE_COUNT).filter(|j| RAISING.contains(&FEATURES[*j].name)) {
            let (mut rising, values) = (false, grid(j));
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
            assert!(rising, "{} says nothing", FEATURES[j].name);
        }
    }
}

/// Else the test above could not fail.
#[test]
fn other_features_may_lower_the_risk() {
    let data = pima();
    let boosted = fit(&data, 0);
    let falls = |j: usize| {
        data.rows.rows().into_iter().any(|row| {
            let mut person: [f64; FEATURE_COUNT] = std::array::from_fn(|k| row[k]);
            let scores = grid(j).into_iter().map(|value| {
                person[j] = value;
                boosted.log_odds(&person)
            });
            !scores.collect::<Vec<_>>().is_sorted()
        })
    };
    assert!((0..FEATURE_COUNT).any(|j| !RAISING.contains(&FEATURES[j].name) && falls(j)));
}

#[test]
fn a_seed_gives_the_same_trees_again() {
    let data = pima();
    assert_eq!(fit(&data, 1), fit(&data, 1));
    assert_ne!(fit(&data, 1), fit(&data, 2));
}
