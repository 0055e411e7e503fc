//! The model server: trains the diabetes risk model, keeps it, serves it, and explains every
//! prediction.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod train;

pub mod registry;

pub mod model;

pub mod explain;

pub mod routes;

pub mod cli;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::ModelServerSettings, http::serve};

/// Loads the active model and serves it on `listener` until `shutdown`.
///
/// # Errors
/// No model, one that is refused (see [`registry::LoadError`]), or a listener that fails.
pub async fn run(
    settings: &ModelServerSettings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let model = registry::Registry::new(settings.models_dir.as_str()).load_active()?;
    let manifest = &model.manifest;
    tracing::info!(model.name = manifest.name, model.version = manifest.version, "model loaded");
    serve(listener, routes::router(model, settings.max_body_bytes)?, shutdown).await
}
