//! `POST /predict`.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use rand::Rng as _;
use uuid::Uuid;
use vitals_core::{
    domain::features::{self, FeaturesError, People},
    runtime::{
        clock::now_ms,
        problem::{FieldError, Problem},
    },
};

use super::{
    request, response_json,
    router::{AppState, json},
};
use crate::{
    metrics::{RiskLevelCounts, Route},
    serving::{ServedRequest, LoadedModel, ServedRows},
};

/// The answer's id, on refusals as well.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// From this size on a body is worked on beside the connections: it would hold them up.
const LARGE_BODY_BYTES: usize = 256 * 1024;

/// The risk of one person or of an array of persons, with what each value contributes.
#[utoipa::path(
    post,
    path = "/predict",
    tag = "predictions",
    request_body(content_type = "application/json", content = super::openapi::PredictRequestBody),
    responses(
        (status = 200, description = "The prediction and its explanation",
            body = super::openapi::AnyPredictResponseBody),
        (status = 400, description = "Not JSON", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are wrong, every one named",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn predict(State(app): State<Arc<AppState>>, request: Request) -> Response {
    let started = Instant::now();
    let id = request_id();
    let outcome = match request::read(request, app.max_body_bytes).await {
        Ok(bytes) => answer(&app, bytes, id, started).await,
        Err(problem) => Err(problem),
    };
    finish(&app, Route::Predict, id, outcome.map(json))
}

/// Counts the answer and gives it its id.
pub(super) fn finish(
    app: &AppState,
    route: Route,
    id: Uuid,
    outcome: Result<impl IntoResponse, impl IntoResponse>,
) -> Response {
    let mut response = outcome.into_response();
    let mut buffer = Uuid::encode_buffer();
    if let Ok(value) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    app.metrics.answered(route, response.status());
    response
}

/// Time-ordered (UUID version 7), random within the millisecond.
pub(super) fn request_id() -> Uuid {
    let millis = u64::try_from(now_ms()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid()
}

async fn answer(
    app: &Arc<AppState>,
    bytes: Bytes,
    id: Uuid,
    started: Instant,
) -> Result<Vec<u8>, Problem> {
    if bytes.len() < LARGE_BODY_BYTES {
        return answer_now(app, &bytes, id, started);
    }
    let app = Arc::clone(app);
    beside(move || answer_now(&app, &bytes, id, started)).await?
}

/// Runs on a thread that may be busy for a while.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a request's work failed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

fn answer_now(app: &AppState, bytes: &[u8], id: Uuid, started: Instant) -> Result<Vec<u8>, Problem> {
    let people = People::from_json(bytes).map_err(|error| refuse(app, &error))?;
    let pool = app.serving.pool();
    let model = &pool.active;
    let mut risk_levels = RiskLevelCounts::default();
    let pipeline = &model.saved.pipeline;
    let (body, rows) = match people {
        People::One(features) => {
            let prediction = pipeline.predict(&features);
            risk_levels.add(prediction.probability);
            let body = response_json::one(&model.template, &features, &prediction, id);
            (body, ServedRows::One(features))
        }
        People::Many(rows) => {
            let seen = |prediction: &crate::pipeline::Prediction| risk_levels.add(prediction.probability);
            let predict = |features: &features::Features| pipeline.predict(features);
            let body = response_json::many(&model.template, &rows, predict, seen, id);
            (body, ServedRows::Many(rows))
        }
    };
    model.metrics.predicted(risk_levels);
    answered(app, model, pool.shadow.as_ref(), id, started, rows);
    Ok(body)
}

/// Notes how long the model took, and hands the answer to the log and the shadow.
pub(super) fn answered(
    app: &AppState,
    model: &Arc<LoadedModel>,
    shadow: Option<&Arc<LoadedModel>>,
    id: Uuid,
    started: Instant,
    rows: ServedRows,
) {
    let latency = started.elapsed();
    model.metrics.answered(latency);
    app.serving.log(ServedRequest {
        request_id: id,
        timestamp_ms: now_ms(),
        latency_us: u32::try_from(latency.as_micros()).unwrap_or(u32::MAX),
        model: Arc::clone(model),
        shadow: shadow.map(Arc::clone),
        rows,
    });
}

/// Which fields are wrong, counted and in words.
pub(super) fn refuse(app: &AppState, error: &FeaturesError) -> Problem {
    match error {
        FeaturesError::NotJson(error) => {
            Problem::new(StatusCode::BAD_REQUEST).detail(format!("the body is not JSON: {error}"))
        }
        FeaturesError::Invalid(errors) => {
            app.metrics.rejected(errors);
            let fields = errors.len();
            let wrong =
                if fields == 1 { "1 field is".to_owned() } else { format!("{fields} fields are") };
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
                .detail(format!("{wrong} wrong"))
                .errors(errors.iter().map(in_words).collect())
        }
    }
}

fn in_words(error: &features::FieldError) -> FieldError {
    let words = FieldError::new(error.field.as_str(), error.problem.to_string());
    FieldError { row: error.row, ..words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_version_7_and_differ() {
        let (first, second) = (request_id(), request_id());
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(first, second);
        let (seconds, _) = first.get_timestamp().unwrap().to_unix();
        assert!((now_ms() / 1000 - i64::try_from(seconds).unwrap()).abs() < 5);
    }
}
