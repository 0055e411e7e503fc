//! The model server: trains the diabetes risk model, keeps it, serves it, and explains every
//! prediction.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod cli;

pub mod stats;

pub mod model;

pub mod attribution;

pub mod pipeline;

pub mod explain;

pub mod registry;

pub mod train;

mod serving;

pub mod http;

mod metrics;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::{ModelServerSettings, Settings},
    http::serve,
    service::GRACE,
    tasks::Tasks,
};

use registry::{ModelId, Registry};
use serving::{PredictionLog, ServingState, watch};

/// This service's name in health answers and logs.
pub const SERVICE: &str = "model-server";

/// Loads the saved models and serves them on `listener` until `shutdown`.
///
/// # Errors
/// No model, one that is refused (see [`registry::LoadError`]), or a listener that fails.
pub async fn run(
    settings: &Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let server = &settings.model_server;
    let serving = start(settings)?;
    let router = http::router(Arc::clone(&serving), server)?;

    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("http", serve(listener, router, shutdown.clone()));
    if server.poll_interval_ms > 0 {
        let watching =
            watch(Arc::clone(&serving), Duration::from_millis(server.poll_interval_ms), shutdown);
        tasks.spawn("watch", async move {
            watching.await;
            Ok(())
        });
    }
    let outcome = tasks.join(GRACE).await;
    // Only now: the last requests are in.
    tokio::task::spawn_blocking(move || serving.stop()).await.context("prediction log")?;
    outcome
}

/// The API without a listener, for calls from within the process.
///
/// # Errors
/// As [`run`].
pub fn router(settings: &Settings) -> anyhow::Result<axum::Router> {
    http::router(start(settings)?, &settings.model_server)
}

fn start(settings: &Settings) -> anyhow::Result<Arc<ServingState>> {
    let server = &settings.model_server;
    let prediction_log = PredictionLog::start(&settings.kafka, &server.log)?;
    let registry = Registry::new(server.models_dir.as_str());
    let serving = ServingState::start(registry, shadow(server)?.as_ref(), prediction_log)?;
    tracing::info!(model.id = %serving.pool().active.id, "model loaded");
    Ok(Arc::new(serving))
}

fn shadow(settings: &ModelServerSettings) -> anyhow::Result<Option<ModelId>> {
    let Some((name, version)) = settings.shadow.split_once('/') else { return Ok(None) };
    let id = ModelId::new(name, version).context("settings: model_server.shadow")?;
    Ok(Some(id))
}
