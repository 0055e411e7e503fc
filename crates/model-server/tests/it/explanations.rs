//! Contributions add up for every row of the data.

use axum::{body::Body, http::Request};
use model_server::{
    model::{Algorithm, RiskBands},
    registry::{ModelId, Registry},
    train::Dataset,
};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;
use vitals_core::domain::features::{FEATURES, Features};

use crate::client::{router, workspace};

#[tokio::test]
async fn base_value_and_contributions_add_up_to_the_log_odds() {
    let data = Dataset::read(&workspace("data/pima.csv")).unwrap();
    let router = router();
    let bands = Registry::new(workspace("models")).load_active().unwrap().manifest.risk_bands;
    for row in data.rows.rows() {
        let mut body = Map::new();
        for (feature, value) in FEATURES.iter().zip(row) {
            body.insert(feature.name.to_owned(), json!(if value.is_nan() { 0.0 } else { *value }));
        }
        let request = Request::post("/predict").body(Body::from(Value::Object(body).to_string()));
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{row}");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        check(&serde_json::from_slice(&bytes).unwrap(), bands);
    }
    assert_eq!(data.rows.nrows(), 768);
}

/// The shipped version of a kind of model.
pub(crate) fn shipped(registry: &Registry, algorithm: Algorithm) -> ModelId {
    let folder = registry.root().join(algorithm.name());
    let versions = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let version = versions.filter(|entry| entry.path().is_dir()).map(|e| e.file_name()).next();
    ModelId::new(algorithm.name(), version.unwrap().to_str().unwrap()).unwrap()
}

#[test]
fn contributions_add_up_for_every_kind_of_model() {
    let data = Dataset::read(&workspace("data/pima.csv")).unwrap();
    let registry = Registry::new(workspace("models"));
    for algorithm in Algorithm::ALL {
        let pipeline = registry.load(&shipped(&registry, algorithm)).unwrap().pipeline;
        let mut base = 0.0;
        let mut mean = 0.0;
        for row in data.rows.rows() {
            let raw = std::array::from_fn(|j| if row[j].is_nan() { 0.0 } else { row[j] });
            let prediction = pipeline.predict(&Features::from_raw(raw).unwrap());
            let sum: f64 = prediction.contributions.iter().sum();
            let error = prediction.base_value + sum - prediction.log_odds;
            assert!(error.abs() < 1e-9, "{algorithm:?} {row}: {error}");
            base = prediction.base_value;
            mean += prediction.log_odds / 768.0;
        }
        // The base value is the mean score of the training rows, each counted once. Saved numbers have
        // six decimals.
        assert!((base - mean).abs() < 1e-4, "{algorithm:?}: {base} {mean}");
    }
}

fn check(response: &Value, bands: RiskBands) {
    let number = |name: &str| response[name].as_f64().unwrap();
    let contributions = response["contributions"].as_array().unwrap();
    let sum: f64 = contributions.iter().map(|c| c["contribution"].as_f64().unwrap()).sum();
    let log_odds = number("log_odds");
    let p = number("probability");
    assert!((number("base_value") + sum - log_odds).abs() < 1e-9, "{response}");
    assert!((1.0 / (1.0 + (-log_odds).exp()) - p).abs() < 1e-12, "{response}");
    assert_eq!(response["prediction"], i32::from(p >= number("threshold")), "{response}");
    let level = if p < bands.medium {
        "low"
    } else if p < bands.high {
        "medium"
    } else {
        "high"
    };
    assert_eq!(response["risk_level"], level, "{response}");
    let imputed = contributions.iter().filter(|c| c["imputed"] == true).count();
    assert_eq!(imputed, response["not_measured"].as_array().unwrap().len(), "{response}");
}
