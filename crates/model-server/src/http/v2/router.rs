//! The routes of the protocol.

use std::sync::Arc;

use axum::{
    Json, Router,
    routing::{get, post},
};
use serde_json::json;

use crate::http::state::AppState;

use super::{infer, metadata, repository};

pub(crate) fn router() -> Router<Arc<AppState>> {
    const MODEL: &str = "/v2/models/{name}";
    const VERSION: &str = "/v2/models/{name}/versions/{version}";
    Router::new()
        .route("/v2", get(metadata::server))
        // The server serves only once its models are loaded, so both are always true.
        .route("/v2/health/live", get(async || Json(json!({"live": true}))))
        .route("/v2/health/ready", get(async || Json(json!({"ready": true}))))
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
