//! What the API explains adds up, for everybody in the data.

use axum::{body::Body, http::Request};
use model_server::{
    model::Algorithm,
    registry::{ModelId, Registry},
    train::Dataset,
};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;
use vitals_core::domain::features::{FEATURES, Features};

use crate::client::{router, workspace};

#[tokio::test]
async fn base_value_and_contributions_are_the_log_odds_of_every_row() {
    let data = Dataset::read(&workspace("data/pima.csv")).unwrap();
    let router = router();
    for row in data.rows.rows() {
        let mut body = Map::new();
        for (feature, value) in FEATURES.iter().zip(row) {
            body.insert(feature.name.to_owned(), json!(if value.is_nan() { 0.0 } else { *value }));
        }
        let request = Request::post("/predict").body(Body::from(Value::Object(body).to_string()));
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{row}");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        check(&serde_json::from_slice(&bytes).unwrap());
    }
    assert_eq!(data.rows.nrows(), 768);
}

/// The version that is shipped of a kind of model.
pub(crate) fn shipped(registry: &Registry, algorithm: Algorithm) -> ModelId {
    let folder = registry.root().join(algorithm.name());
    let versions = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let version = versions.filter(|entry| entry.path().is_dir()).map(|e| e.file_name()).next();
    ModelId::new(algorithm.name(), version.unwrap().to_str().unwrap()).unwrap()
}

#[test]
fn every_kind_of_model_adds_up_on_every_row() {
    let data = Dataset::read(&workspace("data/pima.csv")).unwrap();
    let registry = Registry::new(workspace("models"));
    for algorithm in Algorithm::ALL {
        let pipeline = registry.load(&shipped(&registry, algorithm)).unwrap().pipeline;
        let mut base_and_mean = (0.0, 0.0);
        for row in data.rows.rows() {
            let raw = std::array::from_fn(|j| if row[j].is_nan() { 0.0 } else { row[j] });
            let prediction = pipeline.predict(&Features::from_raw(raw).unwrap());
            let sum: f64 = prediction.contributions.iter().sum();
            let error = prediction.base_value + sum - prediction.log_odds;
            assert!(error.abs() < 1e-9, "{algorithm:?} {row}: {error}");
            base_and_mean.0 = prediction.base_value;
            base_and_mean.1 += prediction.log_odds / 768.0;
        }
        // The base value is what is expected of the training rows. A tree's cover counts rows by
        // their weight in its fit, so for trees that is near and not exact.
        let (base, mean) = base_and_mean;
        assert!((base - mean).abs() < 0.5, "{algorithm:?}: {base} {mean}");
    }
}

fn check(answer: &Value) {
    let number = |name: &str| answer[name].as_f64().unwrap();
    let contributions = answer["contributions"].as_array().unwrap();
    let sum: f64 = contributions.iter().map(|c| c["contribution"].as_f64().unwrap()).sum();
    let (log_odds, p) = (number("log_odds"), number("probability"));
    assert!((number("base_value") + sum - log_odds).abs() < 1e-9, "{answer}");
    assert!((1.0 / (1.0 + (-log_odds).exp()) - p).abs() < 1e-12, "{answer}");
    assert_eq!(answer["prediction"], i32::from(p >= number("threshold")), "{answer}");
    let level = if p < 0.3 {
        "low"
    } else if p < 0.6 {
        "medium"
    } else {
        "high"
    };
    assert_eq!(answer["risk_level"], level, "{answer}");
    let imputed = contributions.iter().filter(|c| c["imputed"] == true).count();
    assert_eq!(imputed, answer["not_measured"].as_array().unwrap().len(), "{answer}");
}
