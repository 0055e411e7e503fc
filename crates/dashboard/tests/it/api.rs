//! Responses of the API, and the headers of every response.

use std::collections::BTreeMap;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vitals_core::runtime::clock::now_ms;

use crate::support::{Dashboard, Producer, broker, wait_until};

fn headers(response: &Response) -> BTreeMap<String, String> {
    let changing = ["date", "content-length", "etag"];
    let headers = response.headers().iter();
    let headers = headers.filter(|(name, _)| !changing.contains(&name.as_str()));
    headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_match_their_snapshots() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    producer.send(
        "p-1",
        r#"{"patient_id":"p-1","timestamp":1763812800123,"heart_rate":72,"spo2":97,"systolic":121,
            "diastolic":79,"respiratory_rate":16,"temperature":36.8,"supplemental_oxygen":false,
            "consciousness":"A","device_id":"mon-17","sequence":90211,"ward":"A3","bed":"12"}"#,
    );
    wait_until("the patient is on the ward", async || {
        dashboard.json("/api/ward").await["patients"] != json!([])
    })
    .await;
    let ward = dashboard.json("/api/ward").await;
    insta::assert_json_snapshot!("ward", ward, {
        ".server_time_ms" => "[now]",
        ".newest_arrival_ms" => "[arrival]",
        ".patients[].last_arrival_ms" => "[arrival]",
        ".patients[].devices[].last_arrival_ms" => "[arrival]",
        ".patients[].vitals.*.arrival_ms" => "[arrival]",
    });
    insta::assert_json_snapshot!("limits", dashboard.json("/api/limits").await);
    let status = dashboard.json("/api/status").await;
    let changing = ["[version]", "[rate]"];
    insta::assert_json_snapshot!("status", status,
        {".version" => changing[0], ".readings_per_s" => changing[1]});
    let health = dashboard.json("/health").await;
    assert_eq!((&health["status"], &health["service"]), (&json!("ok"), &json!("dashboard")));
    assert_eq!(dashboard.json("/ready").await, json!({"status": "ready", "reasons": []}));
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_has_the_security_headers() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    insta::assert_json_snapshot!("headers", headers(&dashboard.get("/api/limits").await));
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
        img-src 'self' data:; worker-src 'self'; base-uri 'none'; form-action 'self'; \
        frame-ancestors 'none'; require-trusted-types-for 'script'; \
        trusted-types svelte-trusted-html vitals-worker";
    let paths = ["/", "/patients/p-1", "/assets/none.js", "/api/none", "/api/live", "/metrics"];
    for path in paths {
        let response = dashboard.get(path).await;
        assert_eq!(response.headers()["content-security-policy"], policy, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
    }
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_served_below_the_base_path_too() {
    let broker = broker();
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |settings| {
        settings.dashboard.base_path = "/vitals/".to_owned();
    })
    .await;
    dashboard.wait_ready().await;
    for path in ["/api/limits", "/vitals/api/limits", "/vitals/health", "/ready"] {
        assert_eq!(dashboard.get(path).await.status(), 200, "{path}");
    }
    let page = dashboard.get("/").await;
    for path in ["/vitals", "/vitals/", "/vitals/patients/p-1"] {
        let response = dashboard.get(path).await;
        assert_eq!(response.status(), page.status(), "{path}");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8", "{path}");
    }
    assert_eq!(dashboard.get("/vitals/api/none").await.status(), 404);
    assert_eq!(dashboard.watch("").await.response.status(), 200);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_is_that_of_the_server() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let before = now_ms();
    let time = dashboard.json("/api/time").await["server_time_ms"].as_i64().unwrap();
    assert!((before..=now_ms()).contains(&time), "{time}");
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_problem_documents() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let cases = [
        (Method::GET, "/api", 404),
        (Method::GET, "/api/none", 404),
        (Method::POST, "/api/none/at/all", 404),
        (Method::GET, "/assets/none.js", 404),
        (Method::POST, "/api/ward", 405),
        (Method::GET, "/api/predict", 405),
        (Method::POST, "/patients/p-1", 405),
        (Method::GET, "/api/live?patients=p-1", 422),
        (Method::GET, "/api/patients/%FF/history?from_ms=1&to_ms=2", 400),
        (Method::GET, "/api/history?from_ms=1&to_ms=2", 422),
    ];
    let mut problems = Vec::new();
    for (method, path, status) in cases {
        let request = dashboard.client.request(method.clone(), dashboard.url(path));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = response.json().await.unwrap();
        problems.push(json!({"request": format!("{method} {path}"), "problem": problem}));
    }
    insta::assert_json_snapshot!("problems", problems);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_lists_every_route() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let document = dashboard.json("/api/openapi.json").await;
    let mut described = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
            described.push(json!({"request": format!("{method} {path}"), "statuses": statuses}));
        }
    }
    insta::assert_json_snapshot!("openapi", described);
    for schema in ["WardSnapshot", "WardUpdate", "Heartbeat", "History", "Problem"] {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
    }
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_compressed_and_event_streams_are_not() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let encoding = async |path: &str| {
        let request = dashboard.client.get(dashboard.url(path)).header("accept-encoding", "gzip");
        let response = request.send().await.unwrap();
        response.headers().get("content-encoding").map(|kind| kind.to_str().unwrap().to_owned())
    };
    assert_eq!(encoding("/api/limits").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("/api/live").await, None);
    dashboard.stop().await;
}
