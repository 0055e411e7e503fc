//! Requests proxied to a fake model server.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::{get, post},
};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Broker, Dashboard, broker, wait_until};

/// Responds according to the request body.
async fn predict(headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let json = ("content-type", "application/json");
    let problem = ("content-type", "application/problem+json");
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(headers[CONTENT_TYPE], "application/json");
    let (status, kind, body) = match text.as_str() {
        "wrong" => (StatusCode::UNPROCESSABLE_ENTITY, problem, r#"{"status":422}"#.to_owned()),
        "page" => (StatusCode::OK, ("content-type", "text/html"), "<script></script>".to_owned()),
        "large" => (StatusCode::OK, json, " ".repeat(20_000_000)),
        "slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            unreachable!("the client times out first")
        }
        body => (StatusCode::OK, json, format!(r#"{{"received":{body}}}"#)),
    };
    (status, [kind, ("x-request-id", "id-1"), ("x-other", "not forwarded")], body)
}

/// Responds with the request body.
async fn explain(body: Bytes) -> impl IntoResponse {
    ([("content-type", "application/json"), ("x-request-id", "id-2")], body)
}

async fn model_server() -> SocketAddr {
    let router = Router::new()
        .route("/predict", post(predict))
        .route("/explain", post(explain))
        .route("/model", get(|| async { axum::Json(json!({"name": "logistic"})) }))
        .route("/models", get(|| async { axum::Json(json!({"models": []})) }))
        .route(
            "/models/a-1/versions/f0.0/card",
            get(|| async { axum::Json(json!({"model": "a-1"})) }),
        )
        .route("/health", get(|| async { axum::Json(json!({"status": "ok"})) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    address
}

async fn dashboard_of(broker: &Broker, model_server: SocketAddr) -> Dashboard {
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |settings| {
        settings.dashboard.model_server_url = format!("http://{model_server}/");
        settings.dashboard.request_timeout_ms = 1_000;
        settings.model_server.max_body_bytes = 1_000;
    })
    .await;
    dashboard.wait_ready().await;
    dashboard
}

async fn predict_via(dashboard: &Dashboard, body: &str) -> Response {
    let request = dashboard.client.post(dashboard.url("/api/predict"));
    let request = request.header("content-type", "application/json").body(body.to_owned());
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_are_forwarded_unchanged() {
    let broker = broker();
    let dashboard = dashboard_of(&broker, model_server().await).await;
    let success = predict_via(&dashboard, "1.50").await;
    assert_eq!(success.status(), 200);
    assert_eq!(success.headers()["content-type"], "application/json");
    assert_eq!(success.headers()["x-request-id"], "id-1");
    assert_eq!(success.headers()["cache-control"], "no-store");
    assert!(!success.headers().contains_key("x-other"));
    assert_eq!(success.text().await.unwrap(), r#"{"received":1.50}"#);

    let refusal = predict_via(&dashboard, "wrong").await;
    assert_eq!(refusal.status(), 422);
    assert_eq!(refusal.headers()["content-type"], "application/problem+json");
    assert_eq!(refusal.text().await.unwrap(), r#"{"status":422}"#);

    let explained = dashboard.client.post(dashboard.url("/api/explain"));
    let explained = explained.header("content-type", "application/json").body(r#"{"age":33}"#);
    let explained = explained.send().await.unwrap();
    assert_eq!(explained.status(), 200);
    assert_eq!(explained.headers()["x-request-id"], "id-2");
    assert_eq!(explained.text().await.unwrap(), r#"{"age":33}"#);

    assert_eq!(dashboard.json("/api/model").await, json!({"name": "logistic"}));
    assert_eq!(dashboard.json("/api/status").await["model_server"], "up");
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_successful_prediction_is_an_access_with_its_request() {
    let broker = broker();
    broker.create_topic("audit", 1, 1).unwrap();
    let model_server = model_server().await;
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |settings| {
        settings.dashboard.model_server_url = format!("http://{model_server}/");
        settings.dashboard.activity.enabled = true;
        settings.dashboard.activity.trusted_proxies = "127.0.0.1".to_owned();
    })
    .await;
    dashboard.wait_ready().await;
    // The refused one comes first: it would be on the topic before the others.
    for (user, route, body) in
        [("cy", "predict", "wrong"), ("ada", "predict", "1"), ("bo", "explain", "2")]
    {
        let request = dashboard.client.post(dashboard.url(&format!("/api/{route}")));
        let request = request.header("content-type", "application/json");
        let request =
            request.header("x-forwarded-user", user).header("x-forwarded-for", "192.0.2.1");
        request.body(body).send().await.unwrap();
    }
    let recorded = async || {
        let list = dashboard.json("/api/activity/live?action=predicted").await;
        let events = list["events"].as_array().unwrap().clone();
        events.iter().map(|event| json!([event["user"], event["request_id"]])).collect::<Vec<_>>()
    };
    wait_until("both predictions are on the topic", async || recorded().await.len() == 2).await;
    let mut found = recorded().await;
    found.sort_by_key(Value::to_string);
    assert_eq!(found, [json!(["ada", "id-1"]), json!(["bo", "id-2"])]);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unexpected_responses_become_gateway_errors() {
    let broker = broker();
    let dashboard = dashboard_of(&broker, model_server().await).await;
    for (body, status) in [("page", 502), ("slow", 504)] {
        let response = predict_via(&dashboard, body).await;
        assert_eq!(response.status(), status, "{body}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{body}");
    }
    let too_large = predict_via(&dashboard, &"1".repeat(1_001)).await;
    assert_eq!(too_large.status(), 413);
    assert_eq!(too_large.headers()["content-type"], "application/problem+json");
    let problem: Value = too_large.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("1000 bytes") && detail.contains("max_body_bytes"), "{detail}");
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_and_cards_are_forwarded_and_no_other_path_is() {
    let broker = broker();
    let dashboard = dashboard_of(&broker, model_server().await).await;
    assert_eq!(dashboard.json("/api/models").await, json!({"models": []}));
    assert_eq!(dashboard.json("/api/models/health").await, json!({"status": "ok"}));
    let card = dashboard.json("/api/models/a-1/versions/f0.0/card").await;
    assert_eq!(card, json!({"model": "a-1"}));
    for path in
        ["a-1/versions/..%2F..%2Fhealth%3F/card", "%2E%2E/versions/x/card", "a/versions/%FF/card"]
    {
        let response = dashboard.get(&format!("/api/models/{path}")).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    }
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_request_is_limited() {
    let broker = broker();
    let dashboard = dashboard_of(&broker, model_server().await).await;
    let response = predict_via(&dashboard, "large").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.bytes().await.unwrap().len(), 20_000_000);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_model_server_is_a_502() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let response = predict_via(&dashboard, "1").await;
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["detail"], "the model server does not respond");
    assert_eq!(dashboard.get("/api/model").await.status(), 502);
    assert_eq!(dashboard.json("/api/status").await["model_server"], "down");
    let metrics = dashboard.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains(r#"vitals_dashboard_proxied_total{route="predict",status="none"}"#));
    dashboard.stop().await;
}
