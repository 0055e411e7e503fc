//! The routes of the API.

use std::sync::Arc;

use anyhow::Context as _;
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::IntoResponse,
    routing::{get, post, put},
};
use vitals_core::runtime::{
    config::ModelServerSettings,
    http::{Identity, ready_and_metrics},
    readiness::Readiness,
};

use crate::{SERVICE, serving::ServingState};

use super::{
    description::{self, Description},
    docs_page, errors, explain, learned, model_changes, models, openapi, predict,
    response::json,
    state::AppState,
    v2,
};

/// Builds the API.
///
/// # Errors
/// An OpenAPI document that can't be encoded as JSON.
pub(crate) fn router(
    serving: Arc<ServingState>,
    settings: &ModelServerSettings,
) -> anyhow::Result<Router> {
    let document =
        serde_json::to_vec(&openapi::document()).context("can't encode the OpenAPI document")?;
    // The document never changes, so every response shares its bytes.
    let document = Bytes::from(document);
    let identity = Identity {
        service: SERVICE,
        version: env!("CARGO_PKG_VERSION"),
        readiness: Readiness::default(),
    };
    Ok(Router::new()
        .route("/predict", post(predict::predict))
        .route("/explain", post(explain::explain))
        .route("/health", get(health))
        .route("/model", get(model))
        .merge(model_routes())
        .merge(v2::router())
        // Routes below need no state.
        .with_state(Arc::new(AppState::new(serving, settings)))
        .route("/openapi.json", get(async move || json(document.clone())))
        .route("/docs", get(docs_page::page))
        .merge(ready_and_metrics(identity))
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::method_not_allowed))
}

fn model_routes() -> Router<Arc<AppState>> {
    const VERSION: &str = "/models/{name}/versions/{version}";
    Router::new()
        .route("/models", get(models::list))
        // A fixed path comes before a name in its place.
        .route("/models/reload", post(model_changes::reload))
        .route("/models/{name}", get(models::versions))
        .route(VERSION, get(models::version))
        .route(&format!("{VERSION}/activate"), post(model_changes::activate))
        .route(&format!("{VERSION}/card"), get(learned::card))
        .route(&format!("{VERSION}/importance"), get(learned::importance))
        .route(&format!("{VERSION}/dependence/{{feature}}"), get(learned::dependence))
        .route(
            &format!("{VERSION}/partial-dependence/{{feature}}"),
            get(learned::partial_dependence),
        )
        .route("/shadow", put(model_changes::set_shadow).delete(model_changes::clear_shadow))
}

async fn health(State(app): State<Arc<AppState>>) -> impl IntoResponse {
    Json(description::health(&app.serving))
}

async fn model(State(app): State<Arc<AppState>>) -> impl IntoResponse {
    Json(Description::of(&app.serving.pool().active.saved))
}
