//! The HTTP API and the pages.

mod event_stream;
mod model_proxy;
mod patient_history;
mod ward_api;

mod openapi;

mod security_headers;
mod static_pages;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::map_response,
    routing::{any, get, post},
};
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, compression::CompressionLayer};
use vitals_core::runtime::{
    http::{Identity, ops},
    problem::{method_not_allowed, not_found},
    readiness::Readiness,
};

use crate::{history_client::Archive, live::Live, model_client::ModelServer};

/// This service's name in health answers and logs.
pub const SERVICE: &str = "dashboard";

/// This service's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What requests need, made once.
#[derive(Debug)]
pub struct App {
    /// The ward.
    pub live: Arc<Live>,
    /// The past.
    pub archive: Archive,
    /// The model server.
    pub model: ModelServer,
    /// Larger bodies are refused.
    pub max_body_bytes: usize,
    /// Time between two heartbeats of a stream.
    pub heartbeat: Duration,
    /// Whether readings can arrive.
    pub readiness: Readiness,
    /// Ends the streams.
    pub shutdown: CancellationToken,
}

/// Everything that is served.
pub fn router(app: App) -> Router {
    let readiness = app.readiness.clone();
    let identity = Identity { service: SERVICE, version: VERSION, readiness };
    let max_body_bytes = app.max_body_bytes;
    Router::new()
        .route("/api/live", get(event_stream::live))
        .route("/api/ward", get(ward_api::ward))
        .route("/api/limits", get(ward_api::limits))
        .route("/api/patients/{id}/history", get(patient_history::history))
        .route("/api/predict", post(model_proxy::predict))
        .route("/api/model", get(model_proxy::describe))
        .route("/api/status", get(ward_api::status))
        .route("/api/openapi.json", get(openapi::openapi))
        .with_state(Arc::new(app))
        .route("/api", any(not_found))
        .route("/api/{*rest}", any(not_found))
        .merge(ops(identity))
        .route("/", get(static_pages::page))
        .route("/{*path}", get(static_pages::page))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(max_body_bytes))
        // Event streams are left alone by its default rules.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(map_response(security_headers::complete))
}
