//! `POST /predict`.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use rand::Rng as _;
use uuid::Uuid;
use vitals_core::{
    domain::features::{self, Features, FeaturesError},
    runtime::{
        clock::now_ms,
        problem::{FieldError, Problem},
    },
};

use super::{Served, answer::Answer, body, json};

/// The answer's id, on refusals as well.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The risk of one person, with what each value contributes.
#[utoipa::path(
    post,
    path = "/predict",
    request_body(content_type = "application/json", content = super::openapi::FeaturesBody),
    responses(
        (status = 200, description = "The prediction and its explanation", body = Answer<'static>),
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
pub(super) async fn predict(State(served): State<Arc<Served>>, request: Request) -> Response {
    let started = Instant::now();
    let id = request_id();
    let mut response = match answer(&served, request, id).await {
        Ok(body) => json(body).into_response(),
        Err(problem) => problem.into_response(),
    };
    if let Ok(value) = HeaderValue::try_from(id.hyphenated().to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let (status, latency) = (response.status(), started.elapsed());
    served.meters.answered(status, latency);
    tracing::debug!(
        request.id = %id, http.status = status.as_u16(), latency_us = latency.as_micros(),
        "predict answered"
    );
    response
}

/// Time-ordered (UUID version 7), random within the millisecond.
fn request_id() -> Uuid {
    let millis = u64::try_from(now_ms()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid()
}

async fn answer(served: &Served, request: Request, id: Uuid) -> Result<Vec<u8>, Problem> {
    let bytes = body::read(request, served.max_body_bytes).await?;
    let features = Features::from_json(&bytes).map_err(|error| refuse(served, &error))?;
    let prediction = served.model.pipeline.predict(&features);
    let answer = Answer::new(&served.model.manifest, &features, &prediction, id);
    served.meters.predicted(answer.risk_level);
    let mut json = Vec::with_capacity(Answer::TYPICAL_BYTES);
    serde_json::to_writer(&mut json, &answer).map_err(|error| {
        tracing::error!(%error, "can't write an answer");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    Ok(json)
}

fn refuse(served: &Served, error: &FeaturesError) -> Problem {
    match error {
        FeaturesError::NotJson(error) => {
            Problem::new(StatusCode::BAD_REQUEST).detail(format!("the body is not JSON: {error}"))
        }
        FeaturesError::Invalid(errors) => {
            served.meters.rejected(errors);
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
    FieldError::new(error.field.as_str(), error.problem.to_string())
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
