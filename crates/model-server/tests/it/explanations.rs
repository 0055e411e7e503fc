//! What the API explains adds up, for everybody in the data.

use axum::{body::Body, http::Request};
use model_server::train::Dataset;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;
use vitals_core::domain::features::FEATURES;

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
