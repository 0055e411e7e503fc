//! The routes and the middleware around them.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::map_response,
    routing::{any, get, post},
};
use tower_http::{CompressionLevel, compression::CompressionLayer};
use vitals_core::runtime::{
    http::{Identity, ops},
    problem::{method_not_allowed, not_found},
};

use super::{
    activity_api,
    app::{App, SERVICE, VERSION},
    event_stream, model_proxy, openapi, patient_alarms, patient_history, pipeline_api,
    security_headers, service_status, static_pages, statistics_api, ward_api,
};

/// The API, the operational endpoints and the pages.
pub fn router(app: App) -> Router {
    let readiness = app.readiness.clone();
    let identity = Identity { service: SERVICE, version: VERSION, readiness };
    let max_body_bytes = app.max_body_bytes;
    let base_path = app.base_path.clone();
    let router = Router::new()
        // The API.
        .route("/api/live", get(event_stream::live))
        .route("/api/ward", get(ward_api::ward))
        .route("/api/limits", get(ward_api::limits))
        .route("/api/patients/{id}/history", get(patient_history::history))
        .route("/api/history", get(patient_history::history_by_query))
        .route("/api/alarms", get(patient_alarms::alarms))
        .route("/api/statistics", get(statistics_api::statistics))
        .route("/api/statistics/live", get(statistics_api::live_statistics))
        .route("/api/activity", get(activity_api::activity).post(activity_api::report))
        .route("/api/activity/live", get(activity_api::live_activity))
        .route("/api/predict", post(model_proxy::predict))
        .route("/api/explain", post(model_proxy::explain))
        .route("/api/models", get(model_proxy::models))
        .route("/api/models/health", get(model_proxy::health))
        .route("/api/models/{name}/versions/{version}/card", get(model_proxy::card))
        .route("/api/model", get(model_proxy::describe))
        .route("/api/pipeline", get(pipeline_api::pipeline))
        .route("/api/status", get(service_status::status))
        .route("/api/time", get(service_status::time))
        .route("/api/openapi.json", get(openapi::openapi))
        .with_state(Arc::new(app))
        // Below /api an unknown path is an error, not a page of the application.
        .route("/api", any(not_found))
        .route("/api/{*rest}", any(not_found))
        // Health, readiness and metrics.
        .merge(ops(identity))
        // The pages.
        .merge(static_pages::pages(base_path.clone()))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        // Middleware, innermost first.
        .layer(DefaultBodyLimit::max(max_body_bytes))
        // The layer's default predicate leaves event streams uncompressed.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(map_response(security_headers::add_headers));
    base_path.around(router)
}
