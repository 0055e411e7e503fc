use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use crate::{model::Algorithm, pipeline::Pipeline, test_data::pima};

use super::*;

/// Sixty values over the whole accepted range.
fn grid(j: usize) -> Vec<f64> {
    let (min, max) = (FEATURES[j].min, FEATURES[j].max);
    (0..60).map(|i| min + (max - min) * f64::from(i) / 59.0).collect()
}

fn scores(pipeline: &Pipeline, person: &[f64; FEATURE_COUNT], j: usize) -> Vec<f64> {
    let with = |value: f64| {
        let mut person = *person;
        person[j] = value;
        pipeline.log_odds(&person)
    };
    grid(j).into_iter().map(with).collect()
}

fn people() -> Vec<[f64; FEATURE_COUNT]> {
    let rows = pima().rows;
    rows.rows().into_iter().map(|row| std::array::from_fn(|j| row[j])).collect()
}

#[test]
fn no_kind_of_model_falls_where_medicine_knows_a_rise() {
    let data = pima();
    for algorithm in Algorithm::ALL {
        let pipeline = Pipeline::fit(algorithm, data.rows.view(), &data.outcomes).unwrap().pipeline;
        for j in (0..FEATURE_COUNT).filter(|j| is_raising(*j)) {
            let mut rises = false;
            for person in people() {
                let scores = scores(&pipeline, &person, j);
                let falls = scores.windows(2).any(|pair| pair[1] < pair[0] - 1e-9);
                assert!(!falls, "{algorithm:?}: {} {person:?}", FEATURES[j].name);
                rises |= scores[scores.len() - 1] > scores[0] + 1e-3;
            }
            assert!(rises, "{algorithm:?}: {} has no effect", FEATURES[j].name);
        }
    }
}

/// Parts of the data in which a feature seems protective by chance: the bound must hold there too.
#[test]
fn no_fit_on_other_rows_falls_either() {
    let data = pima();
    for j in (0..FEATURE_COUNT).filter(|j| is_raising(*j)) {
        // The outcome is the opposite of the feature itself.
        let mean = data.rows.column(j).iter().copied().filter(|v| !v.is_nan()).sum::<f64>() / 768.0;
        let outcomes: Vec<bool> = data.rows.column(j).iter().map(|value| *value < mean).collect();
        for algorithm in [Algorithm::Logistic, Algorithm::Spline] {
            let pipeline = Pipeline::fit(algorithm, data.rows.view(), &outcomes).unwrap().pipeline;
            for person in people().into_iter().step_by(100) {
                let scores = scores(&pipeline, &person, j);
                assert!(
                    scores.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9),
                    "{algorithm:?} {j}"
                );
            }
        }
    }
}

#[test]
fn every_kind_of_model_is_flat_beyond_the_observed_ends() {
    let data = pima();
    for algorithm in Algorithm::ALL {
        let pipeline = Pipeline::fit(algorithm, data.rows.view(), &data.outcomes).unwrap().pipeline;
        let ends = pipeline.preprocessor.observed();
        for person in people().into_iter().step_by(50) {
            for (j, [min, max]) in ends.into_iter().enumerate() {
                let with = |value: f64| {
                    let mut person = person;
                    person[j] = value;
                    pipeline.log_odds(&person).to_bits()
                };
                let name = FEATURES[j].name;
                assert_eq!(with(max), with(max + 0.5), "{algorithm:?} {name}");
                assert_eq!(with(max), with(FEATURES[j].max.max(max)), "{algorithm:?} {name}");
                assert_eq!(with(min), with(FEATURES[j].min.min(min)), "{algorithm:?} {name}");
            }
        }
    }
}
