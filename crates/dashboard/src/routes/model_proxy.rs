//! `POST /api/predict` and `GET /api/model`: the model server's answers, as they are.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use vitals_core::runtime::problem::Problem;

use super::App;
use crate::model_client::{Answer, ModelError};

/// A prediction of the model server, or why it refuses; its API says what both look like.
#[utoipa::path(post, path = "/api/predict",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "The prediction and its explanation", body = Object),
        (status = "4XX", description = "What is wrong with the request",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The model server is away",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "The model server is too slow",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn predict(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body =
        body.map_err(|rejection| Problem::new(rejection.status()).detail(rejection.body_text()))?;
    pass_on(app.model.predict(&headers, body).await)
}

/// The model: features with their ranges, figures, limits.
#[utoipa::path(get, path = "/api/model",
    responses(
        (status = 200, description = "The model server's description", body = Object),
        (status = 502, description = "The model server is away",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn describe(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    pass_on(app.model.describe().await)
}

fn pass_on(asked: Result<Answer, ModelError>) -> Result<Response, Problem> {
    match asked {
        Ok(Answer { status, headers, body }) => Ok((status, headers, body).into_response()),
        Err(error) => {
            tracing::warn!(%error, "no answer of the model server");
            let (status, detail) = match error {
                ModelError::Away(_) => {
                    (StatusCode::BAD_GATEWAY, "the model server does not answer")
                }
                ModelError::TooSlow => {
                    (StatusCode::GATEWAY_TIMEOUT, "the model server did not answer in time")
                }
                ModelError::NotIts(_) => {
                    (StatusCode::BAD_GATEWAY, "something else than the model server answered")
                }
            };
            Err(Problem::new(status).detail(detail))
        }
    }
}
