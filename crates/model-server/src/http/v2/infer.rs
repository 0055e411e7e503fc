//! `POST /v2/models/{name}/infer`.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use vitals_core::{domain::json_number::write_number, runtime::problem::Problem};

use super::{
    V2Error,
    request::InferRequest,
    tensor::{Output, Refusal, rows},
};
use crate::{
    http::{
        predict::{answered, beside, finish, request_id},
        request,
        router::AppState,
    },
    metrics::{RiskLevelCounts, Route},
    pipeline::Prediction,
    serving::{LoadedModel, ServedRows},
};

/// How many bytes of a body are JSON; the rest are tensors.
const JSON_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");

/// From this size on a body is worked on beside the connections.
const LARGE_BODY_BYTES: usize = 256 * 1024;

/// Asks a model: the active version, or its last.
#[utoipa::path(post, path = "/v2/models/{name}/infer", tag = "open inference protocol",
    params(("name" = String, Path)),
    request_body(content_type = "application/json", content = InferRequest),
    responses(
        (status = 200, description = "The tensors", body = super::super::openapi::InferBody),
        (status = "4XX", description = "What is wrong", body = V2Error),
    ))]
pub(crate) async fn model(
    State(app): State<Arc<AppState>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    respond(app, name, None, request).await
}

/// Asks a version of a model.
#[utoipa::path(post, path = "/v2/models/{name}/versions/{version}/infer",
    tag = "open inference protocol", params(("name" = String, Path), ("version" = String, Path)),
    request_body(content_type = "application/json", content = InferRequest),
    responses(
        (status = 200, description = "The tensors", body = super::super::openapi::InferBody),
        (status = "4XX", description = "What is wrong", body = V2Error),
    ))]
pub(crate) async fn version(
    State(app): State<Arc<AppState>>,
    Path((name, version)): Path<(String, String)>,
    request: Request,
) -> Response {
    respond(app, name, Some(version), request).await
}

async fn respond(
    app: Arc<AppState>,
    name: String,
    version: Option<String>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let id = request_id();
    let outcome = infer(&app, name, version, request, id, started).await;
    finish(&app, Route::Infer, id, outcome)
}

async fn infer(
    app: &Arc<AppState>,
    name: String,
    version: Option<String>,
    request: Request,
    id: Uuid,
    started: Instant,
) -> Result<InferResponse, V2Error> {
    let json_bytes = json_length(request.headers())?;
    let bytes = request::read_any(request, app.max_body_bytes).await.map_err(in_protocol)?;
    let app = Arc::clone(app);
    let large = bytes.len() >= LARGE_BODY_BYTES;
    let work = move || {
        let pool = app.serving.pool();
        let model = pool.ready(&name, version.as_deref()).ok_or_else(|| V2Error::unknown(&name))?;
        let shadow = pool.shadow.as_ref().filter(|_| Arc::ptr_eq(model, &pool.active));
        let (answer, rows) = answer(&app, model, &bytes, json_bytes, id)?;
        answered(&app, model, shadow, id, started, rows);
        Ok(answer)
    };
    if large { beside(work).await.map_err(in_protocol)? } else { work() }
}

fn in_protocol(problem: Problem) -> V2Error {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    V2Error::new(status, problem.detail.unwrap_or(problem.title))
}

fn json_length(headers: &HeaderMap) -> Result<Option<usize>, V2Error> {
    let Some(value) = headers.get(JSON_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.map(Some).ok_or_else(|| V2Error::bad(format!("{JSON_LENGTH} is not a length")))
}

fn answer(
    app: &AppState,
    model: &LoadedModel,
    bytes: &Bytes,
    json_bytes: Option<usize>,
    id: Uuid,
) -> Result<(InferResponse, ServedRows), V2Error> {
    let split = json_bytes.unwrap_or(bytes.len());
    let (json, binary) = bytes
        .split_at_checked(split)
        .ok_or_else(|| V2Error::bad(format!("{JSON_LENGTH} is longer than the body")))?;
    let request = InferRequest::parse(json)?;
    let wanted = wanted(&request)?;
    let rows = rows(request.inputs, binary).map_err(|refusal| match refusal {
        Refusal::Tensor(error) => error,
        Refusal::Fields(errors) => {
            app.metrics.rejected(&errors);
            let words: Vec<_> = errors.iter().map(ToString::to_string).collect();
            V2Error::bad(words.join("; "))
        }
    })?;
    let mut risk_levels = RiskLevelCounts::default();
    let predictions: Vec<_> = rows.iter().map(|row| model.saved.pipeline.predict(row)).collect();
    predictions.iter().for_each(|prediction| risk_levels.add(prediction.probability));
    model.metrics.predicted(risk_levels);
    let answer = InferResponse::write(model, request.id, id, &wanted, &predictions);
    Ok((answer, ServedRows::Many(rows)))
}

/// The tensors of the answer, and which of them as bytes.
fn wanted(request: &InferRequest) -> Result<Vec<(Output, bool)>, V2Error> {
    let binary = request.parameters.binary_data_output.unwrap_or(false);
    let mut wanted = Vec::new();
    for tensor in &request.outputs {
        let output = Output::of(&tensor.name)
            .ok_or_else(|| V2Error::bad("outputs: there is no such tensor"))?;
        wanted.push((output, tensor.parameters.binary_data.unwrap_or(binary)));
    }
    if wanted.is_empty() {
        wanted.extend(Output::DEFAULT.map(|output| (output, binary)));
    }
    if request.parameters.explain == Some(true) {
        for output in Output::ALL {
            if wanted.iter().all(|(already, _)| *already != output) {
                wanted.push((output, binary));
            }
        }
    }
    Ok(wanted)
}

/// A body, and how much of it is JSON when not all is.
struct InferResponse {
    body: Vec<u8>,
    json_bytes: Option<usize>,
}

impl IntoResponse for InferResponse {
    fn into_response(self) -> Response {
        let kind = |kind| (CONTENT_TYPE, HeaderValue::from_static(kind));
        match self.json_bytes {
            None => ([kind("application/json")], self.body).into_response(),
            Some(length) => {
                let length = (JSON_LENGTH, HeaderValue::from(length));
                ([kind("application/octet-stream"), length], self.body).into_response()
            }
        }
    }
}

impl InferResponse {
    fn write(
        model: &LoadedModel,
        asked_id: Option<String>,
        id: Uuid,
        wanted: &[(Output, bool)],
        predictions: &[Prediction],
    ) -> Self {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let id = asked_id.unwrap_or_else(|| id.hyphenated().to_string());
        let mut json = format!(
            r#"{{"model_name":{},"model_version":{},"id":{},"outputs":["#,
            text(model.id.name()),
            text(model.id.version()),
            text(&id)
        )
        .into_bytes();
        let threshold = model.saved.manifest.threshold;
        let mut bytes = Vec::new();
        for (i, (output, binary)) in wanted.iter().enumerate() {
            if i > 0 {
                json.push(b',');
            }
            head(&mut json, *output, predictions.len());
            if *binary {
                let before = bytes.len();
                values(*output, predictions, threshold, |value| binary_value(&mut bytes, value));
                let size = bytes.len() - before;
                json.extend_from_slice(
                    format!(r#","parameters":{{"binary_data_size":{size}}}}}"#).as_bytes(),
                );
            } else {
                json.extend_from_slice(br#","data":["#);
                values(*output, predictions, threshold, |value| json_value(&mut json, value));
                json.pop();
                json.extend_from_slice(b"]}");
            }
        }
        json.extend_from_slice(b"]}");
        let any_binary = wanted.iter().any(|(_, binary)| *binary);
        let json_bytes = any_binary.then_some(json.len());
        json.append(&mut bytes);
        Self { body: json, json_bytes }
    }
}

fn head(json: &mut Vec<u8>, output: Output, rows: usize) {
    let (name, datatype, width) = (output.name(), output.datatype(), output.width());
    let shape = if width == 1 { format!("[{rows}]") } else { format!("[{rows},{width}]") };
    json.extend_from_slice(
        format!(r#"{{"name":"{name}","datatype":"{datatype}","shape":{shape}"#).as_bytes(),
    );
}

/// A value of a tensor.
#[derive(Clone, Copy)]
enum Value {
    Float(f64),
    Whole(u8),
}

/// Calls `write` with every value of a tensor.
fn values(
    output: Output,
    predictions: &[Prediction],
    threshold: f64,
    mut write: impl FnMut(Value),
) {
    for prediction in predictions {
        match output {
            Output::Probability => write(Value::Float(prediction.probability)),
            Output::Prediction => {
                write(Value::Whole(u8::from(prediction.probability >= threshold)));
            }
            Output::LogOdds => write(Value::Float(prediction.log_odds)),
            Output::BaseValue => write(Value::Float(prediction.base_value)),
            Output::Contributions => {
                prediction.contributions.iter().for_each(|value| write(Value::Float(*value)));
            }
        }
    }
}

/// A value and a comma.
fn json_value(json: &mut Vec<u8>, value: Value) {
    match value {
        Value::Float(value) => write_number(json, value),
        Value::Whole(value) => json.push(b'0' + value),
    }
    json.push(b',');
}

fn binary_value(bytes: &mut Vec<u8>, value: Value) {
    match value {
        Value::Float(value) => bytes.extend_from_slice(&value.to_le_bytes()),
        Value::Whole(value) => bytes.extend_from_slice(&i64::from(value).to_le_bytes()),
    }
}
