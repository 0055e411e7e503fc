//! The routes.

use std::sync::Arc;

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::{get, post, put},
};
use vitals_core::runtime::{
    config::ModelServerSettings,
    http::{Identity, ready_and_metrics},
    readiness::Readiness,
};

use crate::{SERVICE, metrics::HttpMetrics, serving::ServingState};

use super::{
    admin::Admin, description, description::Description, docs_page, explain, models, openapi,
    predict, v2,
};

/// What every request needs, made once.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(super) serving: Arc<ServingState>,
    pub(super) metrics: HttpMetrics,
    pub(super) admin: Admin,
    pub(super) max_body_bytes: usize,
}

/// The API.
///
/// # Errors
/// A document that can't be written as JSON.
pub(crate) fn router(
    serving: Arc<ServingState>,
    settings: &ModelServerSettings,
) -> anyhow::Result<Router> {
    let document = fixed(&openapi::document())?;
    let app = Arc::new(AppState {
        serving,
        metrics: HttpMetrics::new(),
        admin: Admin::of(settings),
        max_body_bytes: settings.max_body_bytes,
    });
    let version = env!("CARGO_PKG_VERSION");
    let identity = Identity { service: SERVICE, version, readiness: Readiness::default() };
    Ok(Router::new()
        .route("/predict", post(predict::predict))
        .route("/explain", post(explain::explain))
        .route("/health", get(health))
        .route("/model", get(model))
        .merge(manage())
        .merge(v2::router())
        .with_state(app)
        .route("/openapi.json", get(async move || json(document.clone())))
        .route("/docs", get(docs_page::page))
        .merge(ready_and_metrics(identity)))
}

fn manage() -> Router<Arc<AppState>> {
    Router::new()
        .route("/models", get(models::list))
        .route("/models/reload", post(models::reload))
        .route("/models/{name}", get(models::versions))
        .route("/models/{name}/versions/{version}", get(models::version))
        .merge(learnt())
        .route("/models/{name}/versions/{version}/activate", post(models::activate))
        .route("/shadow", put(models::shadow).delete(models::no_shadow))
}

/// What a version has learnt as a whole.
fn learnt() -> Router<Arc<AppState>> {
    const VERSION: &str = "/models/{name}/versions/{version}";
    Router::new()
        .route(&format!("{VERSION}/card"), get(explain::card))
        .route(&format!("{VERSION}/importance"), get(explain::importance))
        .route(&format!("{VERSION}/dependence/{{feature}}"), get(explain::dependence))
        .route(
            &format!("{VERSION}/partial-dependence/{{feature}}"),
            get(explain::partial_dependence),
        )
}

async fn health(State(app): State<Arc<AppState>>) -> impl IntoResponse {
    axum::Json(description::health(&app.serving))
}

async fn model(State(app): State<Arc<AppState>>) -> impl IntoResponse {
    axum::Json(Description::of(&app.serving.pool().active.saved))
}

/// An answer that never changes, written once.
fn fixed(value: &impl serde::Serialize) -> anyhow::Result<Bytes> {
    Ok(serde_json::to_vec(value).context("can't write an answer as JSON")?.into())
}

pub(super) fn json(body: impl Into<axum::body::Body>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body.into())
}
