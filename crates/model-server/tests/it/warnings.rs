//! What a response says beyond the knowledge of the model.

use model_server::{
    model::Algorithm,
    registry::{ModelId, Registry},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use vitals_core::{
    domain::features::Features,
    runtime::config::{Settings, UnusableAnswers},
};

use crate::{
    client::{Server, settings, workspace},
    explanations::shipped,
};

/// The woman with the median of every value.
fn median() -> Value {
    json!({"pregnancies": 3, "glucose": 117, "blood_pressure": 72, "skin_thickness": 29,
        "insulin": 125, "bmi": 32.3, "diabetes_pedigree_function": 0.373, "age": 29})
}

fn with(mut person: Value, values: &[(&str, f64)]) -> Value {
    for (feature, value) in values {
        person[*feature] = json!(value);
    }
    person
}

/// Code and feature of every warning.
fn codes(response: &Value) -> Vec<(String, String)> {
    let warnings = response["warnings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    warnings.map(|warning| (text(&warning["code"]), text(&warning["feature"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(code, feature)| ((*code).to_owned(), (*feature).to_owned())).collect()
}

fn refusing() -> Settings {
    let mut settings = settings();
    settings.model_server.unusable = UnusableAnswers::Refuse;
    settings
}

#[tokio::test]
async fn every_answer_warns_by_feature() {
    let server = Server::start().await;
    for (values, expected, usable) in [
        (&[][..], &[][..], true),
        (&[("insulin", 2_000.0)][..], &[("outside_training_range", "insulin")][..], true),
        (
            &[("insulin", 0.0), ("bmi", 0.0)][..],
            &[("not_measured", "insulin"), ("not_measured", "bmi")][..],
            true,
        ),
        (
            &[("glucose", 250.0)][..],
            &[("outside_training_range", "glucose"), ("diagnostic_criterion", "glucose")][..],
            false,
        ),
        (&[("glucose", 0.0)][..], &[("not_measured", "glucose")][..], false),
        (
            &[("age", 90.0), ("pregnancies", 20.0), ("diabetes_pedigree_function", 0.01)][..],
            &[
                ("outside_training_range", "pregnancies"),
                ("outside_training_range", "diabetes_pedigree_function"),
                ("outside_training_range", "age"),
            ][..],
            true,
        ),
    ] {
        let person = with(median(), values);
        let (status, single) = server.predict(&person).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(codes(&single), pairs(expected), "{values:?}");
        assert_eq!(single["usable"], usable, "{values:?}");
        assert!(single["warnings"].as_array().unwrap().iter().all(|w| w["message"].is_string()));
        let (_, batch) = server.predict(&json!([median(), person])).await;
        assert_eq!(codes(&batch["predictions"][0]), []);
        assert_eq!(codes(&batch["predictions"][1]), pairs(expected), "{values:?}");
        assert_eq!(batch["predictions"][1]["usable"], usable);
        let request = server.client().post(server.url("/explain")).json(&person);
        let explained: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(explained["warnings"], single["warnings"]);
        assert_eq!(explained["usable"], usable);
    }
    server.stop().await;
}

#[tokio::test]
async fn scores_without_glucose_are_refused_by_a_setting() {
    let server = Server::start_with(refusing()).await;
    for person in [
        with(median(), &[("glucose", 0.0)]),
        with(
            median(),
            &[
                ("glucose", 0.0),
                ("blood_pressure", 0.0),
                ("skin_thickness", 0.0),
                ("insulin", 0.0),
                ("bmi", 0.0),
            ],
        ),
        with(median(), &[("glucose", 200.0)]),
    ] {
        for (path, body, row) in [
            ("/predict", person.clone(), Value::Null),
            ("/explain", person.clone(), Value::Null),
            ("/predict", json!([median(), person]), json!(1)),
        ] {
            let response = server.client().post(server.url(path)).json(&body).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            let problem: Value = response.json().await.unwrap();
            assert_eq!(problem["errors"][0]["field"], "glucose", "{problem}");
            assert_eq!(problem["errors"][0]["row"], row, "{problem}");
        }
    }
    let tensor = json!({"inputs": [{"name": "features", "shape": [1, 8], "datatype": "FP64",
        "data": [3, 0, 72, 29, 125, 32.3, 0.373, 29]}]});
    let infer = server.client().post(server.url("/v2/models/spline/infer")).json(&tensor);
    let response = infer.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("glucose was not measured"));
    let (status, _) = server.predict(&median()).await;
    assert_eq!(status, StatusCode::OK);
    server.stop().await;
}

/// Insulin of 2,000 took the median woman to 0.7 %, glucose of 250 with it was "low".
#[tokio::test]
async fn values_beyond_the_training_range_count_as_its_end() {
    let server = Server::start().await;
    let probability = async |values: &[(&str, f64)]| {
        let (_, response) = server.predict(&with(median(), values)).await;
        (response["probability"].as_f64().unwrap(), response["risk_level"].clone(), response)
    };
    let (at_end, ..) = probability(&[("insulin", 846.0)]).await;
    let (beyond, _, response) = probability(&[("insulin", 2_000.0)]).await;
    assert!((at_end - beyond).abs() < 1e-12);
    let insulin = &response["contributions"][4];
    assert_eq!((&insulin["value"], &insulin["used_value"]), (&json!(2000.0), &json!(846.0)));
    assert_eq!(insulin["imputed"], false);
    let (_, level, _) = probability(&[("glucose", 250.0), ("insulin", 2_000.0)]).await;
    assert_ne!(level, "low");
    server.stop().await;
}

#[test]
fn trees_use_a_missing_value_as_it_is() {
    let registry = Registry::new(workspace("models"));
    let features = Features::from_raw([3.0, 117.0, 72.0, 29.0, 0.0, 32.3, 0.373, 29.0]).unwrap();
    for algorithm in Algorithm::ALL {
        let id: ModelId = shipped(&registry, algorithm);
        let model = registry.load(&id).unwrap();
        let prediction = model.pipeline.predict(&features);
        let response = model_server::http::PredictResponse::new(
            &model,
            &features,
            &prediction,
            uuid::Uuid::nil(),
        );
        let insulin = response.contributions[4];
        let expected = if algorithm == Algorithm::Boosted { None } else { Some(125.0) };
        assert_eq!(insulin.used_value, expected, "{algorithm:?}");
        assert_eq!(insulin.imputed, expected.is_some(), "{algorithm:?}");
    }
}

#[tokio::test]
async fn the_smallest_change_is_one_value_where_one_value_is_enough() {
    let server = Server::start().await;
    let person = json!({"pregnancies": 1, "glucose": 117, "blood_pressure": 88, "skin_thickness": 24,
        "insulin": 145, "bmi": 34.5, "diabetes_pedigree_function": 0.403, "age": 40});
    let explain = async |query: &str| {
        let request = server.client().post(server.url(&format!("/explain{query}"))).json(&person);
        request.send().await.unwrap()
    };
    let two: Value = explain("").await.json().await.unwrap();
    let five: Value = explain("?max_features=5").await.json().await.unwrap();
    assert_eq!(two["counterfactual"]["found"], true, "{two}");
    assert_eq!(two["counterfactual"]["max_features"], 2);
    let changes = two["counterfactual"]["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["feature"]), (1, &json!("glucose")), "{two}");
    // It crosses, and one milligram less of a change does not.
    let predicted = async |glucose: f64| {
        server.predict(&with(person.clone(), &[("glucose", glucose)])).await.1["prediction"].clone()
    };
    let to = changes[0]["to"].as_f64().unwrap();
    assert_eq!((predicted(to).await, predicted(to + 1.0).await), (json!(0), json!(1)), "{two}");
    let distance = |response: &Value| response["counterfactual"]["distance"].as_f64().unwrap();
    assert!(distance(&five) <= distance(&two));
    for query in ["?max_features=0", "?max_features=6", "?max_features=x"] {
        assert_eq!(explain(query).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_distance_to_the_training_rows_is_separate_from_the_set() {
    let server = Server::start().await;
    let similarity = async |person: Value| {
        let request = server.client().post(server.url("/explain")).json(&person);
        let response: Value = request.send().await.unwrap().json().await.unwrap();
        (response["similarity"]["unusual"].clone(), response["prediction_set"]["observed"].clone())
    };
    let (unusual, observed) = similarity(median()).await;
    assert_eq!(unusual, false);
    assert!(observed["rows"].as_u64().unwrap() > observed["with_diabetes"].as_u64().unwrap());
    let far = with(median(), &[("bmi", 20.0), ("insulin", 800.0), ("glucose", 60.0)]);
    assert_eq!(similarity(far).await.0, true);
    server.stop().await;
}
