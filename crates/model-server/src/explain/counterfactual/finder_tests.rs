use crate::{
    explain::Overview,
    model::Algorithm,
    test_data::{Dataset, pima},
};

use super::*;

fn fitted(data: &Dataset, algorithm: Algorithm) -> (Pipeline, [[f64; 2]; FEATURE_COUNT]) {
    let pipeline = Pipeline::fit(algorithm, data.rows.view(), &data.outcomes).unwrap().pipeline;
    let observed = Overview::of(&pipeline, data.rows.view()).observed();
    (pipeline, observed)
}

fn person(data: &Dataset, row: usize) -> Features {
    let values = data.rows.row(row);
    let raw = std::array::from_fn(|j| if values[j].is_nan() { 0.0 } else { values[j] });
    Features::from_raw(raw).unwrap()
}

/// The features after the changes, as a client would send them.
fn changed(features: &Features, counterfactual: &Counterfactual) -> Features {
    let mut raw = features.raw();
    for change in &counterfactual.changes {
        let j = FEATURES.iter().position(|feature| feature.name == change.feature).unwrap();
        assert!((raw[j] - change.from).abs() < 1e-12);
        raw[j] = change.to;
    }
    Features::from_raw(raw).unwrap()
}

#[test]
fn every_counterfactual_crosses_and_no_subset_of_it_does() {
    let data = pima();
    for algorithm in Algorithm::ALL {
        let (pipeline, observed) = fitted(&data, algorithm);
        let mut found = 0;
        for row in (0..768).step_by(37) {
            let features = person(&data, row);
            let before = pipeline.predict(&features).probability;
            let result = counterfactual(&pipeline, &observed, &features, 0.5);
            assert_eq!(result, counterfactual(&pipeline, &observed, &features, 0.5));
            if !result.found {
                continue;
            }
            found += 1;
            let after = pipeline.predict(&changed(&features, &result)).probability;
            assert_ne!(before >= 0.5, after >= 0.5, "{algorithm:?} {row}: {result:?}");
            assert!((after - result.probability.unwrap()).abs() < 1e-12);
            for change in &result.changes {
                assert!(CHANGEABLE.contains(&change.feature));
                assert!(change.from > 0.0, "{change:?} was not measured");
                let j = FEATURES.iter().position(|f| f.name == change.feature).unwrap();
                assert!((observed[j][0]..=observed[j][1]).contains(&change.to), "{change:?}");
            }
            let fewer = |left_out: usize| Counterfactual {
                changes: [&result.changes[..left_out], &result.changes[left_out + 1..]].concat(),
                ..result.clone()
            };
            for left_out in 0..result.changes.len() {
                let features = changed(&features, &fewer(left_out));
                let p = pipeline.predict(&features).probability;
                assert_eq!(p >= 0.5, before >= 0.5, "{algorithm:?} {row}: {result:?}");
            }
        }
        assert!(found > 10, "{algorithm:?}: {found}");
    }
}

/// Compares with every pair of values on the grid: none crosses at a lower cost, apart from the
/// reduction after the search.
#[test]
fn no_pair_of_values_crosses_at_a_lower_cost() {
    let data = pima();
    for algorithm in [Algorithm::Spline, Algorithm::Boosted] {
        let (pipeline, observed) = fitted(&data, algorithm);
        let deviations = pipeline.preprocessor.deviations();
        for row in [3, 8, 13, 22] {
            let features = person(&data, row);
            let result = counterfactual(&pipeline, &observed, &features, 0.5);
            assert!(result.exhaustive);
            let own = *features.values();
            let before = pipeline.log_odds(&own) >= 0.0;
            let options: Vec<_> = (1..6)
                .filter(|j| !own[*j].is_nan())
                .map(|j| Options::of(j, own[j], observed[j], deviations[j]))
                .collect();
            let distance = result.distance.unwrap_or(f64::INFINITY);
            for a in &options {
                for b in &options {
                    for (x, y) in
                        a.options.iter().flat_map(|x| b.options.iter().map(move |y| (x, y)))
                    {
                        let mut other = own;
                        other[a.feature] = x.value;
                        other[b.feature] = y.value;
                        let crosses = (pipeline.log_odds(&other) >= 0.0) != before;
                        let more_expensive = x.cost + y.cost >= distance - 1e-9;
                        assert!(
                            !crosses || more_expensive || a.feature == b.feature,
                            "{row} {result:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_threshold_out_of_reach_has_no_counterfactual() {
    let data = pima();
    let (pipeline, observed) = fitted(&data, Algorithm::Spline);
    for threshold in [0.0, 1.0, 1e-9, 1.0 - 1e-9] {
        let result = counterfactual(&pipeline, &observed, &person(&data, 0), threshold);
        assert!(!result.found && result.exhaustive, "{threshold}: {result:?}");
        assert!(result.changes.is_empty() && result.probability.is_none());
    }
    let nothing = Features::from_raw([2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 40.0]).unwrap();
    assert!(!counterfactual(&pipeline, &observed, &nothing, 0.5).found);
}
