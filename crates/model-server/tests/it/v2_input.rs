//! The inputs of the Open Inference Protocol: tensors, their limits, and their errors.

use insta::assert_json_snapshot;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Server, example},
    v2::{ROW, infer, request},
};

/// The example as one tensor per feature, the last feature first.
fn columns(shape: &Value) -> Value {
    let names = example();
    let names = names.as_object().unwrap().iter().rev();
    let inputs: Vec<_> = names
        .map(|(name, value)| {
            json!({"name": name, "shape": shape, "datatype": "FP64", "data": [value]})
        })
        .collect();
    json!({"inputs": inputs})
}

#[tokio::test]
async fn each_feature_may_be_an_input() {
    let server = Server::start().await;
    let (_, expected) = infer(&server, &request(&json!(ROW), 1)).await;
    for shape in [json!([1]), json!([1, 1])] {
        let (status, response) = infer(&server, &columns(&shape)).await;
        assert_eq!(status, StatusCode::OK, "{response}");
        assert_eq!(response["outputs"], expected["outputs"]);
    }
    // As binary tensors, in the order of the inputs.
    let names = ["age", "pregnancies", "glucose", "blood_pressure", "skin_thickness", "insulin"];
    let mut inputs: Vec<_> = names
        .iter()
        .map(|name| {
            json!({"name": name, "shape": [1], "datatype": "UINT8",
                "parameters": {"binary_data_size": 1}})
        })
        .collect();
    inputs.push(json!({"name": "bmi", "shape": [1], "datatype": "FP64", "data": [43.1]}));
    inputs.push(json!({"name": "diabetes_pedigree_function", "shape": [1, 1], "datatype": "FP64",
        "parameters": {"binary_data_size": 8}}));
    let head = json!({"inputs": inputs}).to_string();
    let mut body = head.clone().into_bytes();
    body.extend([33, 0, 137, 40, 35, 168]);
    body.extend(2.288_f64.to_le_bytes());
    let request = server.client().post(server.url("/v2/models/spline/infer")).body(body);
    let request = request.header("inference-header-content-length", head.len());
    let response: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(response["outputs"], expected["outputs"], "{response}");
    server.stop().await;
}

#[tokio::test]
async fn optional_fields_may_be_null() {
    let server = Server::start().await;
    let input = json!({"name": "features", "shape": [1, 8], "datatype": "FP64", "data": ROW,
        "parameters": null});
    let output = json!({"name": "probability", "parameters": null});
    for body in [
        json!({"id": null, "parameters": null, "outputs": null, "inputs": [input]}),
        json!({"parameters": {"binary_data_output": null}, "outputs": [output], "inputs": [input]}),
    ] {
        let (status, response) = infer(&server, &body).await;
        assert_eq!(status, StatusCode::OK, "{response}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_that_contradicts_itself_is_refused() {
    let server = Server::start().await;
    let with_input = |field: &str, value: Value| {
        let mut body = request(&json!(ROW), 1);
        body["inputs"][0][field] = value;
        body
    };
    let with_column = |column: usize, field: &str, value: Value| {
        let mut body = columns(&json!([1]));
        body["inputs"][column][field] = value;
        body
    };
    let outputs = |names: &[&str]| {
        let mut body = request(&json!(ROW), 1);
        body["outputs"] = names.iter().map(|name| json!({"name": name})).collect();
        body
    };
    let mut classified = outputs(&["probability"]);
    classified["outputs"][0]["parameters"] = json!({"classification": 2});
    let mut errors = Vec::new();
    for body in [
        outputs(&["contributions", "probability", "contributions"]),
        outputs(&["nothing"]),
        classified,
        with_input("data", json!([[ROW[0], ROW[1], ROW[2], ROW[3]], [35, 168, 43.1, 2.288]])),
        with_input("data", json!([ROW, [1]])),
        with_input("data", json!([[ROW]])),
        with_input("datatype", json!("INT64")),
        with_input("datatype", json!("UINT8")),
        with_input("datatype", json!("FP16")),
        with_input("datatype", json!("BF16")),
        with_column(0, "name", json!("glucose")),
        with_column(0, "name", json!("features")),
        with_column(0, "shape", json!([2])),
        with_column(0, "data", json!([1, 2])),
        with_column(7, "shape", json!([1, 1, 1])),
    ] {
        let (status, error) = infer(&server, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        errors.push(error);
    }
    assert_json_snapshot!(errors);
    server.stop().await;
}

/// An infer request with a binary tensor.
async fn infer_binary(
    server: &Server,
    shape: &Value,
    datatype: &str,
    announced: usize,
    bytes: &[u8],
) -> (StatusCode, Value) {
    let input = json!({"name": "features", "shape": shape, "datatype": datatype,
        "parameters": {"binary_data_size": announced}});
    let head = json!({"inputs": [input]}).to_string();
    let body = [head.as_bytes(), bytes].concat();
    let request = server.client().post(server.url("/v2/models/spline/infer")).body(body);
    let request = request.header("inference-header-content-length", head.len());
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn binary_values_that_are_no_measurement_are_refused() {
    let server = Server::start().await;
    let row = |glucose: f64| -> Vec<u8> {
        let row = ROW.iter().enumerate().map(|(i, value)| if i == 1 { glucose } else { *value });
        row.flat_map(f64::to_le_bytes).collect()
    };
    let good = row(137.0);
    let one = json!([1, 8]);
    assert_eq!(infer_binary(&server, &one, "FP64", 64, &good).await.0, StatusCode::OK);
    for glucose in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MIN_POSITIVE, 1e300] {
        let (status, error) = infer_binary(&server, &one, "FP64", 64, &row(glucose)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{glucose}: {error}");
        assert!(error["error"].as_str().unwrap().contains("glucose"), "{error}");
    }
    // Sizes that contradict the bytes or the shape, or overflow.
    for (shape, announced, bytes) in [
        (&one, 63, &good[..]),
        (&one, 72, &good),
        (&one, 64, &good[..60]),
        (&one, 0, &[][..]),
        (&one, usize::MAX, &good),
        (&json!([2, 8]), 64, &good),
        (&json!([0, 8]), 0, &[]),
        (&json!([8]), 64, &good),
        (&json!([1, 8, 1]), 64, &good),
        (&json!([-1, 8]), 64, &good),
        (&json!([1.0, 8.0]), 64, &good),
    ] {
        let (status, error) = infer_binary(&server, shape, "FP64", announced, bytes).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{shape} {announced} {}", bytes.len());
        assert!(error["error"].is_string(), "{error}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_small_request_never_gets_a_large_response() {
    let mut settings = crate::client::settings();
    settings.model_server.max_body_bytes = 1 << 20;
    let server = Server::start_with(settings).await;
    let long = "x".repeat(100_000);
    let row = || request(&json!(ROW), 1);
    let mut repeated = row();
    repeated["outputs"] = json!(vec![json!({"name": "contributions"}); 5_000]);
    let mut unknown = row();
    unknown["outputs"] = json!([{"name": long}]);
    let mut input = row();
    input["inputs"][0]["name"] = json!(long);
    let mut datatype = row();
    datatype["inputs"][0]["datatype"] = json!(long);
    let mut huge = row();
    huge["inputs"][0]["shape"] = json!([1_000_000_000, 8]);
    let mut many = row();
    many["inputs"] = json!(vec![many["inputs"][0].clone(); 1_000]);
    let invalid = request(&json!(vec![[900.0; 8]; 5_000]), 5_000);
    for body in [repeated, unknown, input, datatype, huge, many, invalid] {
        let request = server.client().post(server.url("/v2/models/spline/infer")).json(&body);
        let response = request.send().await.unwrap();
        assert!(response.status().is_client_error());
        let length = response.bytes().await.unwrap().len();
        assert!(length < 8_000, "{length} bytes");
    }
    server.stop().await;
}

#[tokio::test]
async fn more_rows_than_the_limit_are_refused() {
    let mut settings = crate::client::settings();
    settings.model_server.max_rows = 2;
    let server = Server::start_with(settings).await;
    assert_eq!(infer(&server, &request(&json!([ROW, ROW]), 2)).await.0, StatusCode::OK);
    let (status, error) = infer(&server, &request(&json!([ROW, ROW, ROW]), 3)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(error["error"], "3 rows exceed the limit of 2");
    let (status, problem) = server.predict(&json!([example(), example(), example()])).await;
    assert_eq!((status, &problem["detail"]), (StatusCode::PAYLOAD_TOO_LARGE, &error["error"]));
    server.stop().await;
}
