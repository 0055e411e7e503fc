//! The Open Inference Protocol, version 2.

use insta::assert_json_snapshot;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::client::{Server, example};

/// The example's values, in the order of the features.
pub(crate) const ROW: [f64; 8] = [0.0, 137.0, 40.0, 35.0, 168.0, 43.1, 2.288, 33.0];

pub(crate) fn request(data: &Value, rows: u64) -> Value {
    let input = json!({"name": "features", "shape": [rows, 8], "datatype": "FP64", "data": data});
    json!({"id": "7", "inputs": [input]})
}

pub(crate) async fn infer(server: &Server, body: &Value) -> (StatusCode, Value) {
    let request = server.client().post(server.url("/v2/models/spline/infer")).json(body);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn infer_returns_the_probability_of_predict() {
    let server = Server::start().await;
    let (status, response) = infer(&server, &request(&json!(ROW), 1)).await;
    assert_eq!(status, StatusCode::OK);
    let (_, predicted) = server.predict(&example()).await;
    assert_eq!(response["outputs"][0]["data"][0], predicted["probability"]);
    assert_json_snapshot!(response, {
        ".model_version" => "[version]",
        ".outputs[0].data[0]" => insta::rounded_redaction(12),
    });
    // Nested, and more than one row.
    let (_, two) = infer(&server, &request(&json!([ROW, ROW]), 2)).await;
    assert_eq!(two["outputs"][0]["shape"], json!([2]));
    assert_eq!(two["outputs"][0]["data"][1], predicted["probability"]);
    server.stop().await;
}

#[tokio::test]
async fn every_row_has_warnings_by_feature() {
    let server = Server::start().await;
    let mut rows = [ROW; 3];
    rows[1][4] = 2_000.0;
    rows[2][1] = 250.0;
    rows[2][5] = 0.0;
    let (_, response) = infer(&server, &request(&json!(rows), 3)).await;
    let warnings = &response["outputs"][2];
    assert_eq!((&warnings["name"], &warnings["shape"]), (&json!("warnings"), &json!([3, 8])));
    let none = vec![0; 12];
    let expected = [none, vec![2, 0, 0, 0], vec![0, 6, 0, 0, 0, 1, 0, 0]].concat();
    assert_eq!(warnings["data"], json!(expected));
    server.stop().await;
}

#[tokio::test]
async fn an_explanation_is_returned_on_request() {
    let server = Server::start().await;
    let mut body = request(&json!(ROW), 1);
    body["outputs"] = json!([{"name": "log_odds"}]);
    body["parameters"] = json!({"explain": true, "unknown": [1]});
    let (_, response) = infer(&server, &body).await;
    let outputs = response["outputs"].as_array().unwrap();
    let names: Vec<_> = outputs.iter().map(|output| output["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["log_odds", "probability", "prediction", "base_value", "contributions", "warnings"]
    );
    let numbers = |output: &Value| -> f64 {
        output["data"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).sum()
    };
    assert_eq!(outputs[4]["shape"], json!([1, 8]));
    assert!((numbers(&outputs[3]) + numbers(&outputs[4]) - numbers(&outputs[0])).abs() < 1e-9);
    server.stop().await;
}

#[tokio::test]
async fn binary_tensors_are_accepted_and_returned() {
    let server = Server::start().await;
    let (_, as_json) = infer(&server, &request(&json!(ROW), 1)).await;
    let input = json!({"name": "features", "shape": [1, 8], "datatype": "FP64",
        "parameters": {"binary_data_size": 64}});
    let head = json!({"inputs": [input], "parameters": {"binary_data_output": true}}).to_string();
    let mut body = head.clone().into_bytes();
    body.extend(ROW.iter().flat_map(|value| value.to_le_bytes()));
    let request = server.client().post(server.url("/v2/models/spline/infer")).body(body);
    let request = request.header("inference-header-content-length", head.len());
    let response = request.header("content-type", "application/octet-stream").send().await.unwrap();
    let length = response.headers()["inference-header-content-length"].to_str().unwrap();
    let length: usize = length.parse().unwrap();
    let bytes = response.bytes().await.unwrap();
    let response: Value = serde_json::from_slice(&bytes[..length]).unwrap();
    assert_eq!(response["outputs"][0]["parameters"]["binary_data_size"], 8);
    // Two numbers, and one of eight warnings per feature.
    assert_eq!(bytes.len(), length + 16 + 64);
    let probability = f64::from_le_bytes(bytes[length..length + 8].try_into().unwrap());
    assert_eq!(json!(probability), as_json["outputs"][0]["data"][0]);
    assert_eq!(bytes[length + 8..length + 16], 1_i64.to_le_bytes());
    assert!(bytes[length + 16..].iter().all(|byte| *byte == 0));
    server.stop().await;
}

#[tokio::test]
async fn errors_have_the_form_of_the_protocol() {
    let server = Server::start().await;
    let good = request(&json!(ROW), 1);
    let changed = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let mut errors = Vec::new();
    for body in [
        changed("/inputs/0/name", json!("x")),
        changed("/inputs/0/shape", json!([1, 7])),
        changed("/inputs/0/shape", json!([u64::MAX, 8])),
        changed("/inputs/0/shape", json!([2, 8])),
        changed("/inputs/0/datatype", json!("BYTES")),
        changed("/inputs/0/data/7", json!(3)),
        changed("/inputs/0/data/7", json!("33")),
        changed("/inputs/0/data/7", Value::Null),
        changed("/inputs", json!([])),
        json!({"inputs": good["inputs"], "outputs": [{"name": "x"}]}),
        json!({}),
        json!([[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]),
    ] {
        let (status, error) = infer(&server, &body).await;
        // More rows than the limit are too large, not malformed.
        let large = body["inputs"][0]["shape"][0] == json!(u64::MAX);
        let expected = if large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        assert_eq!(status, expected, "{body}");
        errors.push(error);
    }
    assert_json_snapshot!(errors);
    let unknown = server.client().post(server.url("/v2/models/nothing/infer")).json(&good);
    assert_eq!(unknown.send().await.unwrap().status(), 404);
    server.stop().await;
}

/// The document allows as many outputs as there are.
#[tokio::test]
async fn every_output_of_the_metadata_may_be_requested_at_once() {
    let server = Server::start().await;
    let metadata = server.get_json("/v2/models/spline").await;
    let names: Vec<_> =
        metadata["outputs"].as_array().unwrap().iter().map(|output| &output["name"]).collect();
    let mut body = request(&json!(ROW), 1);
    body["outputs"] = names.iter().map(|name| json!({"name": name})).collect();
    let (status, response) = infer(&server, &body).await;
    assert_eq!(status, StatusCode::OK, "{response}");
    let returned: Vec<_> =
        response["outputs"].as_array().unwrap().iter().map(|output| &output["name"]).collect();
    assert_eq!(returned, names);
    let document = server.get_json("/openapi.json").await;
    let outputs = &document["components"]["schemas"]["InferRequest"]["properties"]["outputs"];
    assert_eq!(outputs["maxItems"], names.len());
    server.stop().await;
}

#[tokio::test]
async fn metadata_and_readiness_are_served() {
    let server = Server::start().await;
    assert_json_snapshot!(server.get_json("/v2").await, {".version" => "[version]"});
    for path in ["/v2/health/live", "/v2/health/ready", "/v2/models/spline/ready"] {
        server.get_json(path).await;
    }
    let model = server.get_json("/v2/models/spline").await;
    let version = model["versions"][0].as_str().unwrap().to_owned();
    assert_json_snapshot!(model, {".versions" => "[versions]"});
    let path = format!("/v2/models/spline/versions/{version}");
    assert_eq!(server.get_json(&path).await, model);
    server.get_json(&format!("{path}/ready")).await;
    assert_eq!(server.get("/v2/models/spline/versions/0/ready").await.status(), 404);
    server.stop().await;
}

#[tokio::test]
async fn the_repository_lists_unloads_and_loads_models() {
    let server = Server::start().await;
    let post = async |path: &str| -> Response {
        server.client().post(server.url(path)).send().await.unwrap()
    };
    let index: Value = post("/v2/repository/index").await.json().await.unwrap();
    assert_eq!(index.as_array().unwrap().len(), 4);
    assert!(index.as_array().unwrap().iter().all(|entry| entry["state"] == "READY"));
    let boosted = index.as_array().unwrap().iter().find(|entry| entry["name"] == "boosted");
    let version = boosted.unwrap()["version"].as_str().unwrap();
    let ready = format!("/v2/models/boosted/versions/{version}/ready");
    assert_eq!(server.get(&ready).await.status(), 200);
    assert_eq!(post("/v2/repository/models/boosted/unload").await.status(), 200);
    assert_eq!(server.get(&ready).await.status(), 404);
    assert_eq!(post("/v2/repository/models/boosted/load").await.status(), 200);
    assert_eq!(server.get(&ready).await.status(), 200);
    assert_eq!(post("/v2/repository/models/spline/unload").await.status(), 409);
    assert_eq!(post("/v2/repository/models/nothing/load").await.status(), 404);
    server.stop().await;
}

#[tokio::test]
async fn every_path_of_the_protocol_has_its_errors() {
    let server = Server::start().await;
    let infer = "/v2/models/spline/infer";
    for (method, path, expected) in [
        ("GET", "/v2/", 404),
        ("GET", "/v2/nothing", 404),
        ("POST", "/v2/models/spline/nothing", 404),
        ("GET", infer, 405),
        ("DELETE", "/v2", 405),
        ("GET", "/v2/repository/index", 405),
        ("GET", "/v2/models/%ff", 400),
        ("GET", "/v2/models/spline/versions/%C3%28/ready", 400),
        ("POST", "/v2/models/%ff/infer", 400),
        ("POST", "/v2/repository/models/%ff/load", 400),
        ("POST", infer, 400),
    ] {
        let method = method.parse().unwrap();
        let response = server.client().request(method, server.url(path)).send().await.unwrap();
        assert_eq!(response.status(), expected, "{path}");
        assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        let error: Value = response.json().await.unwrap();
        assert!(error["error"].is_string() && error.as_object().unwrap().len() == 1, "{path}");
    }
    // Elsewhere they are problem documents.
    for path in ["/v2nothing", "/models/%ff"] {
        let response = server.get(path).await;
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    }
    // A request that never reaches the router.
    let foreign = server.client().get(server.url("/v2")).header("host", "rebound.example");
    let foreign: Value = foreign.send().await.unwrap().json().await.unwrap();
    assert!(foreign["error"].as_str().unwrap().contains("rebound.example"), "{foreign}");
    server.stop().await;
}
