//! The responses of the API, over HTTP.

use std::time::{Duration, Instant};

use insta::assert_json_snapshot;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Server, example};

/// Asserts that a response is a problem document with this status, and returns it.
async fn problem(response: Response, status: StatusCode) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16());
    problem
}

#[tokio::test]
async fn predict_returns_the_prediction_and_its_explanation() {
    let server = Server::start().await;
    let response = server.post(example().to_string(), "application/json").await;
    assert_eq!(response.status(), StatusCode::OK);
    let header = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let response: Value = response.json().await.unwrap();
    assert_eq!(response["request_id"], header);
    // The exponential function may differ in its last bit between C libraries.
    assert_json_snapshot!(response, {
        ".request_id" => "[id]",
        ".model_version" => "[version]",
        ".probability" => insta::rounded_redaction(12),
    });
    server.stop().await;
}

#[tokio::test]
async fn missing_values_are_reported_as_imputed() {
    let server = Server::start().await;
    let mut body = example();
    body["insulin"] = json!(0);
    body["bmi"] = json!(0.0);
    let (status, response) = server.predict(&body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(response["not_measured"], json!(["insulin", "bmi"]));
    let insulin = &response["contributions"][4];
    assert_eq!(insulin["feature"], "insulin");
    assert_eq!(insulin["value"], 0.0);
    assert_eq!(insulin["used_value"], 125.0);
    assert_eq!(insulin["imputed"], true);
    assert_eq!(response["contributions"][1]["imputed"], false);
    server.stop().await;
}

#[tokio::test]
async fn every_invalid_field_is_listed() {
    let server = Server::start().await;
    let body = json!({"pregnancies": 1.5, "glucose": "137", "blood_pressure": 400,
        "skin_thickness": null, "insulin": [1], "bmi": 43.1, "age": 3, "weight": 80});
    let response = server.post(body.to_string(), "application/json").await;
    assert!(response.headers().contains_key("x-request-id"));
    assert_json_snapshot!(problem(response, StatusCode::UNPROCESSABLE_ENTITY).await);
    server.stop().await;
}

#[tokio::test]
async fn a_syntax_error_is_located() {
    let server = Server::start().await;
    let response = server.post("{\"age\": 33,\n oops}", "application/json").await;
    assert_json_snapshot!(problem(response, StatusCode::BAD_REQUEST).await);
    let response = server.post("", "application/json").await;
    problem(response, StatusCode::BAD_REQUEST).await;
    server.stop().await;
}

#[tokio::test]
async fn a_batch_is_predicted_row_by_row() {
    let server = Server::start().await;
    let mut other = example();
    other["insulin"] = json!(0);
    let (status, response) = server.predict(&json!([example(), other])).await;
    assert_eq!(status, StatusCode::OK);
    let (_, single) = server.predict(&example()).await;
    assert_eq!(response["predictions"][0]["log_odds"], single["log_odds"]);
    assert_eq!(
        response["predictions"][0]["contributions"][1],
        single["contributions"][1]["contribution"]
    );
    assert_json_snapshot!(response, {
        ".request_id" => "[id]",
        ".model_version" => "[version]",
        ".predictions[].probability" => insta::rounded_redaction(12),
    });
    server.stop().await;
}

#[tokio::test]
async fn explain_returns_the_full_explanation() {
    let server = Server::start().await;
    let explain = async |query: &str, body: Value| {
        let request = server.client().post(server.url(&format!("/explain{query}"))).json(&body);
        request.send().await.unwrap()
    };
    let response = explain("?confidence=0.8", example()).await;
    let response: Value = response.json().await.unwrap();
    let (_, predicted) = server.predict(&example()).await;
    assert_eq!(response["contributions"], predicted["contributions"]);
    assert_eq!(response["prediction_set"]["confidence"], 0.8);
    let crossed = response["counterfactual"]["probability"].as_f64().unwrap();
    assert!(crossed < response["threshold"].as_f64().unwrap(), "{response}");
    assert!(response["sentence"].as_str().unwrap().ends_with('.'));
    for query in ["?confidence=1", "?confidence=much", "?level=0.9"] {
        problem(explain(query, example()).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    problem(explain("", json!({})).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    server.stop().await;
}

#[tokio::test]
async fn importance_dependence_and_card_are_served() {
    let server = Server::start().await;
    let version = server.get_json("/model").await["version"].as_str().unwrap().to_owned();
    let version = format!("/models/spline/versions/{version}");
    let importance = server.get_json(&format!("{version}/importance")).await;
    assert_eq!(
        (importance[0]["feature"].clone(), importance.as_array().unwrap().len()),
        (json!("glucose"), 8)
    );
    let points = server.get_json(&format!("{version}/dependence/glucose")).await;
    assert_eq!(points["values"].as_array().unwrap().len(), 768);
    let curves = server.get_json(&format!("{version}/partial-dependence/bmi")).await;
    assert_eq!(
        curves["values"].as_array().unwrap().len(),
        curves["mean"].as_array().unwrap().len()
    );
    assert!(server.get_json(&format!("{version}/card")).await.is_object());
    problem(server.get(&format!("{version}/dependence/x")).await, StatusCode::NOT_FOUND).await;
    server.stop().await;
}

#[tokio::test]
async fn errors_in_a_batch_have_their_row() {
    let server = Server::start().await;
    let mut wrong = example();
    wrong["age"] = json!(3);
    wrong["weight"] = json!(80);
    for (body, errors) in [(json!([example(), wrong, "text"]), 3), (json!([]), 1)] {
        let response = server.post(body.to_string(), "application/json").await;
        let problem = problem(response, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"].as_array().unwrap().len(), errors);
        assert_json_snapshot!(problem);
    }
    server.stop().await;
}

#[tokio::test]
async fn only_json_or_no_content_type_is_accepted() {
    let server = Server::start().await;
    let response = server.post(example().to_string(), "application/xml").await;
    assert_json_snapshot!(problem(response, StatusCode::UNSUPPORTED_MEDIA_TYPE).await);
    let untyped = server.client().post(server.url("/predict")).body(example().to_string());
    assert_eq!(untyped.send().await.unwrap().status(), StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let server = Server::start().await;
    problem(server.get("/nowhere").await, StatusCode::NOT_FOUND).await;
    let response = server.get("/predict").await;
    assert_eq!(response.headers()["allow"], "POST");
    problem(response, StatusCode::METHOD_NOT_ALLOWED).await;
    let delete = server.client().request(Method::DELETE, server.url("/model"));
    problem(delete.send().await.unwrap(), StatusCode::METHOD_NOT_ALLOWED).await;
    server.stop().await;
}

/// The response arrives before the client sends a byte of the body.
#[tokio::test]
async fn an_announced_body_of_100_mb_is_rejected_unread() {
    let server = Server::start().await;
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 104857600\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    let mut received = Vec::new();
    let mut chunk = [0; 1024];
    while !String::from_utf8_lossy(&received).contains("65536") {
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&received));
        received.extend_from_slice(&chunk[..read]);
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    let received = String::from_utf8(received).unwrap();
    assert!(received.starts_with("HTTP/1.1 413"), "{received}");
    assert!(received.contains("application/problem+json"), "{received}");
    drop(stream);
    server.stop().await;
}

#[tokio::test]
async fn a_body_of_unknown_length_is_rejected_at_the_limit() {
    let server = Server::start().await;
    let chunks = (0..100).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let response = server.post(body, "application/json").await;
    problem(response, StatusCode::PAYLOAD_TOO_LARGE).await;
    server.stop().await;
}

#[tokio::test]
async fn the_docs_page_loads_nothing_from_other_hosts() {
    let server = Server::start().await;
    let page = server.get("/docs").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let text = page.text().await.unwrap();
    assert!(text.contains("openapi.json") && !text.contains("://"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn health_reports_the_active_model() {
    let server = Server::start().await;
    let health = server.get_json("/health").await;
    assert_json_snapshot!(health, {".version" => "[version]", ".model_version" => "[version]"});
    assert_eq!(server.get_json("/ready").await, json!({"status": "ready", "reasons": []}));
    server.stop().await;
}

#[tokio::test]
async fn the_model_description_is_enough_for_a_form() {
    let server = Server::start().await;
    let model = server.get_json("/model").await;
    assert_json_snapshot!(model, {".version" => "[version]"});
    let mut body = serde_json::Map::new();
    for feature in model["features"].as_array().unwrap() {
        body.insert(feature["name"].as_str().unwrap().to_owned(), feature["default"].clone());
    }
    let (status, response) = server.predict(&Value::Object(body)).await;
    assert_eq!((status, &response["not_measured"]), (StatusCode::OK, &json!([])));
    server.stop().await;
}

#[tokio::test]
async fn the_api_document_describes_every_path() {
    let server = Server::start().await;
    let document = server.get_json("/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let version = server.get_json("/health").await["model_version"].as_str().unwrap().to_owned();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("{name}", "spline").replace("{version}", &version);
        let path = path.replace("{feature}", "glucose");
        if methods.get("get").is_some() {
            assert_eq!(server.get(&path).await.status(), StatusCode::OK, "{path}");
        }
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (status, response) in
            methods.as_object().unwrap().values().next().unwrap()["responses"].as_object().unwrap()
        {
            assert!(response["description"].is_string(), "{path} {status}: OpenAPI requires one");
        }
    }
    // Generators derive function names from them.
    let methods = document["paths"].as_object().unwrap().values();
    let methods = methods.flat_map(|path| path.as_object().unwrap().values());
    let ids: Vec<_> = methods.map(|method| method["operationId"].as_str().unwrap()).collect();
    let unique: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    let text = document.to_string();
    for reference in text.match_indices("#/components/schemas/") {
        let name = text[reference.0 + reference.1.len()..].split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is missing");
    }
    assert_json_snapshot!(document, {".info.version" => "[version]"});
    server.stop().await;
}

#[tokio::test]
async fn requests_and_invalid_fields_are_counted() {
    let server = Server::start().await;
    server.predict(&example()).await;
    server.predict(&json!({"glucose": 5000, "made_up_by_sender": 1})).await;
    let metrics = server.get("/metrics").await.text().await.unwrap();
    for line in [
        "# TYPE vitals_model_server_predict_seconds histogram",
        "vitals_model_server_requests_total{route=\"predict\",status=\"200\"}",
        "vitals_model_server_requests_total{route=\"predict\",status=\"500\"} 0",
        "vitals_model_server_rejected_fields_total{field=\"glucose\"}",
        "vitals_model_server_rejected_fields_total{field=\"unknown\"}",
        "risk_level=\"high\"",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    assert!(!metrics.contains("made_up_by_sender"));
    server.stop().await;
}
