//! Contributions compared with those of Python's `shap`. Its values are in `tests/fixtures/shap`,
//! with the script that computes them.

use std::fs;

use model_server::{model::Algorithm, registry::Registry, train::Dataset};
use serde_json::Value;
use vitals_core::domain::features::Features;

use crate::{client::workspace, explanations::shipped};

fn check(algorithm: Algorithm, fixture: &str) {
    let path = workspace("crates/model-server/tests/fixtures/shap").join(fixture);
    let expected: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let registry = Registry::new(workspace("models"));
    let pipeline = registry.load(&shipped(&registry, algorithm)).unwrap().pipeline;
    let data = Dataset::read(&workspace("data/pima.csv")).unwrap();
    let rows = data.rows.rows().into_iter();
    let step = usize::try_from(expected["step"].as_u64().unwrap()).unwrap();
    let mut compared = 0;
    for (row, values) in rows.step_by(step).zip(expected["values"].as_array().unwrap()) {
        let raw = std::array::from_fn(|j| if row[j].is_nan() { 0.0 } else { row[j] });
        let prediction = pipeline.predict(&Features::from_raw(raw).unwrap());
        let base = expected["base_value"].as_f64().unwrap();
        assert!((prediction.base_value - base).abs() < 1e-6, "{} {base}", prediction.base_value);
        for (ours, theirs) in prediction.contributions.iter().zip(values.as_array().unwrap()) {
            assert!((ours - theirs.as_f64().unwrap()).abs() < 1e-6, "{row}: {ours} {theirs}");
            compared += 1;
        }
    }
    assert_eq!(compared, 48 * 8);
}

#[test]
fn contributions_of_the_linear_model_equal_those_of_shap() {
    check(Algorithm::Logistic, "linear.json");
}

#[test]
fn contributions_of_the_boosted_model_equal_those_of_shap() {
    check(Algorithm::Boosted, "boosted.json");
}
