//! `POST /v2/models/{name}/infer`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

use crate::{
    http::{
        request::{LARGE_BODY_BYTES, run_blocking},
        request_context::RequestContext,
        schemas,
        state::{AppState, Rows, Served},
    },
    metrics::{RiskLevelCounts, Route},
    serving::{Origin, ServedRows},
};

use super::{
    ProtocolError, V2Path,
    infer_response::{InferResponse, JSON_LENGTH, RequestedOutput},
    input::{InvalidRows, input_rows},
    request::InferRequest,
    tensor::OutputTensor,
};

/// Length of the shortest row: eight integers of one byte.
const MIN_ROW_BYTES: usize = 8;

/// Runs inference on a model: on its active version, or else on its default one.
#[utoipa::path(post, path = "/v2/models/{name}/infer", tag = "open inference protocol",
    operation_id = "infer", params(("name" = String, Path)),
    request_body(content_type = "application/json", content = InferRequest),
    responses(
        (status = 200, description = "The tensors", body = schemas::InferResponseSchema),
        (status = "4XX", description = "An invalid request", body = ProtocolError),
        (status = 503, description = "Overloaded, or the log is mandatory and unavailable",
            body = ProtocolError),
    ))]
pub(crate) async fn model(
    State(app): State<Arc<AppState>>,
    V2Path(name): V2Path<String>,
    request: Request,
) -> Response {
    respond(app, name, None, request).await
}

/// Runs inference on a version of a model.
#[utoipa::path(post, path = "/v2/models/{name}/versions/{version}/infer",
    tag = "open inference protocol", operation_id = "infer_version",
    params(("name" = String, Path), ("version" = String, Path)),
    request_body(content_type = "application/json", content = InferRequest),
    responses(
        (status = 200, description = "The tensors", body = schemas::InferResponseSchema),
        (status = "4XX", description = "An invalid request", body = ProtocolError),
        (status = 503, description = "Overloaded, or the log is mandatory and unavailable",
            body = ProtocolError),
    ))]
pub(crate) async fn version(
    State(app): State<Arc<AppState>>,
    V2Path((name, version)): V2Path<(String, String)>,
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
    let context = RequestContext::start(&request);
    let id = context.id;
    let (head, body) = request.into_parts();
    let outcome = infer(&app, name, version, &head.headers, body, context).await;
    app.finish(Route::Infer, id, outcome)
}

async fn infer(
    app: &Arc<AppState>,
    name: String,
    version: Option<String>,
    headers: &HeaderMap,
    body: Body,
    context: RequestContext,
) -> Result<Response, ProtocolError> {
    let json_length = json_length(headers)?;
    let body = app.limits.read_bytes(headers, body, MIN_ROW_BYTES).await?;
    // A large batch would keep this thread from the other connections.
    let large = body.bytes.len() >= LARGE_BODY_BYTES;
    let state = Arc::clone(app);
    let work =
        move || infer_now(&state, &name, version.as_deref(), &body.bytes, json_length, context);
    let served = if large { run_blocking(work).await? } else { work() };
    let response = app.complete(served?).await?;
    Ok(body.memory.hold(response.into_response()))
}

/// Parses, predicts and encodes on the current thread.
fn infer_now(
    app: &AppState,
    name: &str,
    version: Option<&str>,
    body: &[u8],
    json_length: Option<usize>,
    mut context: RequestContext,
) -> Result<Served<InferResponse>, ProtocolError> {
    let pool = app.serving.pool();
    let model =
        pool.ready(name, version).ok_or_else(|| ProtocolError::unknown_model(name, version))?;

    // Parse: JSON up to the announced length, then binary tensors.
    let split = json_length.unwrap_or(body.len());
    let (json, binary) = body.split_at_checked(split).ok_or_else(|| {
        ProtocolError::bad_request(format!("{JSON_LENGTH} exceeds the length of the body"))
    })?;
    let mut request = InferRequest::parse(json)?;
    let outputs = requested_outputs(&request)?;
    let id = match request.id.take() {
        Some(id) => {
            // The id in the body is the client's own, and outranks that of a header.
            context.origin.client_id = Origin::text(&id).or(context.origin.client_id);
            id
        }
        None => context.id.hyphenated().to_string(),
    };
    let rows = input_rows(request.inputs, binary, app.limits.max_rows)
        .map_err(|error| invalid_rows(app, error))?;

    app.refuse_unusable(Rows::Many(&rows)).map_err(|errors| {
        let messages: Vec<_> =
            errors.iter().map(|e| format!("{} {}", e.field, e.message)).collect();
        ProtocolError::bad_request(messages.join("; "))
    })?;

    // Predict.
    let pipeline = &model.saved.pipeline;
    let predictions: Vec<_> = rows.iter().map(|row| pipeline.predict(row)).collect();
    let mut counts = RiskLevelCounts::default();
    for prediction in &predictions {
        counts.add(model.saved.manifest.risk_bands.level(prediction.probability));
    }
    model.metrics.count_predictions(counts);
    // Encode.
    let response = InferResponse::encode(model, &id, &outputs, &predictions)
        .map_err(|error| ProtocolError::internal(&error))?;

    // Only the active model has a shadow.
    let shadow = pool.shadow.as_ref().filter(|_| Arc::ptr_eq(model, &pool.active));
    let submission = app.submit(context, model, shadow, ServedRows::Many(rows));
    Ok(Served { response, submission })
}

fn json_length(headers: &HeaderMap) -> Result<Option<usize>, ProtocolError> {
    let Some(value) = headers.get(JSON_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    match length {
        Some(length) => Ok(Some(length)),
        None => Err(ProtocolError::bad_request(format!("{JSON_LENGTH} is not a length"))),
    }
}

fn invalid_rows(app: &AppState, error: InvalidRows) -> ProtocolError {
    match error {
        InvalidRows::Tensor(error) => error,
        InvalidRows::Fields(errors) => {
            app.metrics.count_rejected_fields(&errors);
            let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
            ProtocolError::bad_request(messages.join("; "))
        }
    }
}

/// The outputs of the response: those requested, or the default ones, and with `explain` those of
/// the explanation.
fn requested_outputs(request: &InferRequest) -> Result<Vec<RequestedOutput>, ProtocolError> {
    let binary_default = request.parameters.binary_data_output.unwrap_or(false);
    let mut outputs = Vec::new();
    for output in &request.outputs {
        let tensor = OutputTensor::by_name(&output.name)
            .ok_or_else(|| ProtocolError::bad_request("outputs: unknown tensor"))?;
        // A repeated tensor would make the response larger than any request.
        if outputs.iter().any(|other: &RequestedOutput| other.tensor == tensor) {
            let error = format!("outputs: {} is repeated", tensor.name());
            return Err(ProtocolError::bad_request(error));
        }
        let binary = output.parameters.binary_data.unwrap_or(binary_default);
        outputs.push(RequestedOutput { tensor, binary });
    }
    // Without requested outputs, the protocol leaves the choice to the server.
    if outputs.is_empty() {
        outputs.extend(
            OutputTensor::DEFAULT.map(|tensor| RequestedOutput { tensor, binary: binary_default }),
        );
    }
    // The explanation is an extension: the outputs not yet requested.
    if request.parameters.explain == Some(true) {
        for tensor in OutputTensor::ALL {
            if outputs.iter().all(|output| output.tensor != tensor) {
                outputs.push(RequestedOutput { tensor, binary: binary_default });
            }
        }
    }
    Ok(outputs)
}
