//! The routes of the protocol, and its error.

use std::sync::Arc;

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::router::AppState;

use super::{infer, metadata, repository};

/// What is wrong, as the protocol has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct V2Error {
    #[serde(skip)]
    status: StatusCode,
    /// What is wrong, in words.
    error: String,
}

impl V2Error {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into() }
    }

    pub(super) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn unknown(name: &str) -> Self {
        let shown: String = name.chars().take(64).collect();
        Self::new(StatusCode::NOT_FOUND, format!("model {shown} is unknown or not loaded"))
    }
}

impl IntoResponse for V2Error {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

pub(crate) fn router() -> Router<Arc<AppState>> {
    const MODEL: &str = "/v2/models/{name}";
    const VERSION: &str = "/v2/models/{name}/versions/{version}";
    Router::new()
        .route("/v2", get(metadata::server))
        .route("/v2/health/live", get(async || Json(serde_json::json!({"live": true}))))
        .route("/v2/health/ready", get(async || Json(serde_json::json!({"ready": true}))))
        .route(MODEL, get(metadata::model))
        .route(VERSION, get(metadata::version))
        .route(&format!("{MODEL}/ready"), get(metadata::model_ready))
        .route(&format!("{VERSION}/ready"), get(metadata::version_ready))
        .route(&format!("{MODEL}/infer"), post(infer::model))
        .route(&format!("{VERSION}/infer"), post(infer::version))
        .route("/v2/repository/index", post(repository::index))
        .route("/v2/repository/models/{name}/load", post(repository::load))
        .route("/v2/repository/models/{name}/unload", post(repository::unload))
}
