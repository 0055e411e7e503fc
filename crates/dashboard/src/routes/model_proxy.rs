//! `POST /api/predict` and `/api/explain`, `GET /api/model` and `/api/models`: the model server's
//! responses, forwarded unchanged.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{
        Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use vitals_core::{
    domain::activity::{Action, View},
    runtime::problem::{Problem, not_found},
};

use super::{
    app::App,
    problem_responses::{CardProblems, ModelProblems, PredictProblems},
};
use crate::{
    activity::{Access, Caller},
    model_client::{ModelError, ModelResponse},
};

/// The header with the id under which a prediction is logged.
const REQUEST_ID: &str = "x-request-id";

/// A prediction of the model server, or its problem document. The model server's API documents
/// both.
#[utoipa::path(post, path = "/api/predict",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "The prediction and its explanation", body = Object),
        PredictProblems,
    )
)]
pub(super) async fn predict(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    proxy(&app, &caller, "predict", &headers, body).await
}

/// A prediction of the model server for one person with its full explanation, or its problem document.
/// The model server's API documents both.
#[utoipa::path(post, path = "/api/explain",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "The full explanation", body = Object),
        PredictProblems,
    )
)]
pub(super) async fn explain(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    proxy(&app, &caller, "explain", &headers, body).await
}

/// The active model: features with their ranges, metrics, limits.
#[utoipa::path(get, path = "/api/model",
    responses(
        (status = 200, description = "The model server's description", body = Object),
        ModelProblems,
    )
)]
pub(super) async fn describe(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    forward(app.model.describe().await)
}

/// Every saved version of every model, with its state.
#[utoipa::path(get, path = "/api/models",
    responses(
        (status = 200, description = "The model server's list", body = Object),
        ModelProblems,
    )
)]
pub(super) async fn models(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    forward(app.model.models().await)
}

/// The card of a version: its data, figures, calibration, thresholds, groups and limits.
#[utoipa::path(get, path = "/api/models/{name}/versions/{version}/card",
    params(
        ("name" = String, Path, description = "The model"),
        ("version" = String, Path, description = "The version"),
    ),
    responses(
        (status = 200, description = "The model server's card", body = Object),
        CardProblems,
    )
)]
pub(super) async fn card(
    State(app): State<Arc<App>>,
    uri: Uri,
    names: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    match names {
        // The names become part of a URL, so only plain ones are forwarded.
        Ok(Path((name, version))) if is_name(&name) && is_name(&version) => {
            forward(app.model.card(&name, &version).await)
        }
        _ => Err(not_found(uri).await),
    }
}

/// The active model and the state of the prediction log.
#[utoipa::path(get, path = "/api/models/health",
    responses(
        (status = 200, description = "The model server's health", body = Object),
        ModelProblems,
    )
)]
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    forward(app.model.health().await)
}

/// Sends a person's features to a route of the model server, and records the access.
async fn proxy(
    app: &App,
    caller: &Caller,
    route: &'static str,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|rejection| refuse(&rejection, app.max_body_bytes))?;
    let outcome = app.model.post(route, headers, body).await;
    record(app, caller, &outcome);
    forward(outcome)
}

/// Records a successful prediction, with the id under which it is logged.
fn record(app: &App, caller: &Caller, outcome: &Result<ModelResponse, ModelError>) {
    let Ok(response) = outcome else { return };
    if response.status.is_success() {
        let request_id = response.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let access = Access::new(Action::Predicted, View::Risk).with_request(request_id);
        app.activity.record(caller, &access);
    }
}

/// Returns true for a name that can be a segment of the model server's URL as it is.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The problem of a body that could not be read. The model server has the same limit.
fn refuse(rejection: &BytesRejection, max_body_bytes: usize) -> Problem {
    let status = rejection.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!(
            "the body is larger than {max_body_bytes} bytes, the limit of the setting model_server.max_body_bytes; send fewer rows"
        );
        return Problem::new(status).detail(detail);
    }
    Problem::new(status).detail(rejection.body_text())
}

fn forward(outcome: Result<ModelResponse, ModelError>) -> Result<Response, Problem> {
    match outcome {
        Ok(ModelResponse { status, headers, body }) => Ok((status, headers, body).into_response()),
        Err(error) => {
            // The log has the cause; the client only gets its kind, without addresses.
            tracing::warn!(%error, "request to the model server failed");
            Err(into_problem(&error))
        }
    }
}

fn into_problem(error: &ModelError) -> Problem {
    let (status, detail) = match error {
        ModelError::Unavailable(_) => {
            (StatusCode::BAD_GATEWAY, "the model server does not respond")
        }
        ModelError::TimedOut => {
            (StatusCode::GATEWAY_TIMEOUT, "the model server did not respond in time")
        }
        ModelError::Unexpected(_) => {
            (StatusCode::BAD_GATEWAY, "the response does not come from a model server")
        }
    };
    Problem::new(status).detail(detail)
}
