//! The HTTP API. A request goes body -> predict -> answer; the rest describes and counts.

mod body;
mod predict;

mod answer;

mod describe;
mod meters;
mod openapi;

use std::sync::Arc;

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::{get, post},
};
use vitals_core::runtime::{
    http::{Identity, ready_and_metrics},
    readiness::Readiness,
};

use crate::registry::SavedModel;

use meters::Meters;

pub use answer::{Answer, Contribution};
pub use describe::{Description, FeatureDescription};

/// This service's name in health answers and logs.
pub const SERVICE: &str = "model-server";

/// What every request needs, made once.
#[derive(Debug)]
pub struct Served {
    model: SavedModel,
    meters: Meters,
    max_body_bytes: usize,
}

/// The API for one model. Request bodies over `max_body_bytes` are refused.
///
/// # Errors
/// A description that can't be written as JSON.
pub fn router(model: SavedModel, max_body_bytes: usize) -> anyhow::Result<Router> {
    let health = fixed(&describe::health(&model.manifest))?;
    let description = fixed(&describe::Description::of(&model))?;
    let document = fixed(&openapi::document())?;
    let meters = Meters::new(&model.manifest);
    let served = Arc::new(Served { model, meters, max_body_bytes });

    let version = env!("CARGO_PKG_VERSION");
    let identity = Identity { service: SERVICE, version, readiness: Readiness::default() };
    Ok(Router::new()
        .route("/predict", post(predict::predict))
        .with_state(served)
        .route("/health", get(async move || json(health.clone())))
        .route("/model", get(async move || json(description.clone())))
        .route("/openapi.json", get(async move || json(document.clone())))
        .merge(ready_and_metrics(identity)))
}

/// An answer that never changes, written once.
fn fixed(value: &impl serde::Serialize) -> anyhow::Result<Bytes> {
    Ok(serde_json::to_vec(value).context("can't write an answer as JSON")?.into())
}

fn json(body: impl Into<axum::body::Body>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body.into())
}
