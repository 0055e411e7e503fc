use crate::{
    model::Algorithm,
    test_data::{Dataset, pima},
};

use super::*;

fn fitted(data: &Dataset, algorithm: Algorithm) -> Pipeline {
    Pipeline::fit(algorithm, data.rows.view(), &data.outcomes).unwrap().pipeline
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

/// Every value that a feature may take, by brute force: all steps of its resolution between the ends
/// of the training range, on the side of the goal. Pairs of value and cost.
fn allowed(pipeline: &Pipeline, j: usize, own: f64, upwards: bool) -> Vec<(f64, f64)> {
    let [min, max] = pipeline.preprocessor.observed()[j];
    let per_unit = (1.0 / FEATURES[j].step).round();
    (0..=(1_000.0 * per_unit) as u32)
        .map(|units| f64::from(units) / per_unit)
        .filter(|value| {
            (min..=max).contains(value) && if upwards { *value > own } else { *value < own }
        })
        .map(|value| (value, (value - own).abs() / pipeline.preprocessor.deviations()[j]))
        .collect()
}

/// Asserts that no single value and no pair of values crosses at a lower cost, by brute force.
fn assert_minimal(
    pipeline: &Pipeline,
    features: &Features,
    threshold: f64,
    result: &Counterfactual,
) {
    let own = *features.values();
    let before = probability(pipeline.log_odds(&own)) >= threshold;
    let crosses = |changes: &[(usize, f64)]| {
        let mut person = own;
        for (j, value) in changes {
            person[*j] = *value;
        }
        (probability(pipeline.log_odds(&person)) >= threshold) != before
    };
    let distance = result.distance.unwrap_or(f64::INFINITY) - 1e-9;
    let measured: Vec<usize> = (1..6).filter(|j| !own[*j].is_nan()).collect();
    let additive = pipeline.model.algorithm().is_additive();
    let base = pipeline.log_odds(&own);
    let options: Vec<Vec<Choice>> = measured
        .iter()
        .map(|j| {
            let of_feature = allowed(pipeline, *j, own[*j], !before).into_iter();
            let affordable = of_feature.filter(|(_, cost)| *cost < distance);
            affordable
                .map(|(value, cost)| {
                    assert!(
                        !crosses(&[(*j, value)]),
                        "{} to {value}: {result:?}",
                        FEATURES[*j].name
                    );
                    let mut person = own;
                    person[*j] = value;
                    (value, cost, pipeline.log_odds(&person) - base)
                })
                .collect()
        })
        .collect();
    let needed = (threshold / (1.0 - threshold)).ln() - base;
    for (a, first) in options.iter().enumerate() {
        for (b, second) in options.iter().enumerate().skip(a + 1) {
            for [x, y] in pairs([(measured[a], first), (measured[b], second)], distance) {
                // A sum of curves is far from the threshold whenever its terms say so.
                let gain = x.2 + y.2;
                let falls_short = if before { gain > needed + 1e-9 } else { gain < needed - 1e-9 };
                if additive && falls_short {
                    continue;
                }
                let pair = [(measured[a], x.0), (measured[b], y.0)];
                assert!(!crosses(&pair), "{pair:?}: {result:?}");
            }
        }
    }
}

/// Returns true if no kind of model lets the risk fall with the feature, as `model::monotone` tests.
fn never_falls(feature: usize) -> bool {
    ["glucose", "bmi"].contains(&FEATURES[feature].name)
}

/// Value, cost and gain alone.
type Choice = (f64, f64, f64);

/// The pairs of choices for two features that cost less than `distance`, without those that a farther
/// value of a feature whose curve never falls makes needless.
fn pairs([first, second]: [(usize, &Vec<Choice>); 2], distance: f64) -> Vec<[Choice; 2]> {
    if !never_falls(second.0) && never_falls(first.0) {
        let swapped = pairs([second, first], distance);
        return swapped.into_iter().map(|[y, x]| [x, y]).collect();
    }
    let mut found = Vec::new();
    for x in first.1 {
        let affordable = second.1.iter().filter(|y| x.1 + y.1 < distance);
        if never_falls(second.0) {
            let farthest = affordable.max_by(|a, b| a.1.total_cmp(&b.1));
            found.extend(farthest.map(|y| [*x, *y]));
        } else {
            found.extend(affordable.map(|y| [*x, *y]));
        }
    }
    found
}

fn check_rows(algorithm: Algorithm, thresholds: &[f64], rows: impl Iterator<Item = usize>) {
    let data = pima();
    let pipeline = fitted(&data, algorithm);
    let mut found = 0;
    for row in rows {
        let features = person(&data, row);
        for threshold in thresholds {
            let result = counterfactual(&pipeline, &features, *threshold, MAX_CHANGES);
            assert!(result.exhaustive && result.changes.len() <= MAX_CHANGES, "{row} {result:?}");
            found += usize::from(result.found);
            assert_minimal(&pipeline, &features, *threshold, &result);
        }
    }
    assert!(found > 0, "{algorithm:?}");
    println!("{algorithm:?} at {thresholds:?}: {found} counterfactuals, none can be smaller");
}

/// Thresholds of the tests of every row: below, at and above the operating threshold.
const THRESHOLDS: [f64; 3] = [0.2, 0.35, 0.5];

#[test]
fn no_counterfactual_of_any_additive_model_and_row_can_be_smaller() {
    check_rows(Algorithm::Logistic, &THRESHOLDS, 0..768);
    check_rows(Algorithm::Spline, &THRESHOLDS, 0..768);
}

/// Some rows; the ignored tests below take all of them.
#[test]
fn no_counterfactual_of_trees_can_be_smaller() {
    check_rows(Algorithm::Boosted, &[0.5, 0.3], (5..768).step_by(110));
    check_rows(Algorithm::Ensemble, &[0.5], (9..768).step_by(380));
}

#[test]
#[ignore = "minutes: every pair of values of every training row"]
fn no_counterfactual_of_boosted_trees_and_any_row_can_be_smaller() {
    check_rows(Algorithm::Boosted, &THRESHOLDS, 0..768);
}

#[test]
#[ignore = "minutes: every pair of values of every training row"]
fn no_counterfactual_of_an_ensemble_and_any_row_can_be_smaller() {
    check_rows(Algorithm::Ensemble, &THRESHOLDS, 0..768);
}

#[test]
fn every_counterfactual_crosses_in_a_sensible_direction_and_no_subset_of_it_does() {
    let data = pima();
    for algorithm in Algorithm::ALL {
        let pipeline = fitted(&data, algorithm);
        let observed = pipeline.preprocessor.observed();
        let mut found = 0;
        for row in (0..768).step_by(37) {
            let features = person(&data, row);
            let before = pipeline.predict(&features).probability;
            let result = counterfactual(&pipeline, &features, 0.5, MAX_CHANGES);
            assert_eq!(result, counterfactual(&pipeline, &features, 0.5, MAX_CHANGES));
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
                assert_eq!(change.to > change.from, before < 0.5, "{change:?} is absurd");
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
        assert!(found > 5, "{algorithm:?}: {found}");
    }
}

#[test]
fn more_features_never_make_it_larger() {
    let data = pima();
    for algorithm in Algorithm::ALL {
        let pipeline = fitted(&data, algorithm);
        for row in (0..768).step_by(60) {
            let features = person(&data, row);
            let mut before = f64::INFINITY;
            for max_features in 1..=CHANGEABLE.len() {
                let result = counterfactual(&pipeline, &features, 0.3, max_features);
                assert!(result.exhaustive, "{algorithm:?} {row} {max_features}");
                assert!(result.changes.len() <= max_features);
                let distance = result.distance.unwrap_or(f64::INFINITY);
                assert!(distance <= before, "{algorithm:?} {row}: {distance} {before}");
                before = distance;
            }
        }
    }
}

#[test]
fn a_threshold_out_of_reach_has_no_counterfactual() {
    let data = pima();
    let pipeline = fitted(&data, Algorithm::Spline);
    for threshold in [0.0, 1.0, 1e-9, 1.0 - 1e-9] {
        let result = counterfactual(&pipeline, &person(&data, 0), threshold, MAX_CHANGES);
        assert!(!result.found && result.exhaustive, "{threshold}: {result:?}");
        assert!(result.changes.is_empty() && result.probability.is_none());
    }
    let nothing = Features::from_raw([2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 40.0]).unwrap();
    assert!(!counterfactual(&pipeline, &nothing, 0.5, MAX_CHANGES).found);
}
