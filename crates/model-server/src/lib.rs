//! The model server: trains the diabetes risk model, serves it over HTTP, and explains every
//! prediction.
//!
//! ```text
//! training:  data/pima.csv --> train --> pipeline (model, attribution) --> registry (models/)
//! serving:   registry --> serving (model pool) <-- http (requests)
//!                              |
//!                        prediction log --> Kafka topic predictions
//! ```
//!
//! The modules are declared from the bottom up: a module uses only those above it, except that
//! [`cli`] and [`run`] use them all.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod cli;

pub mod stats;
pub mod model;
pub mod attribution;
pub mod warnings;
pub mod pipeline;
pub mod explain;
pub mod registry;
pub mod train;
pub mod release;

pub mod metrics;
mod serving;
pub mod http;

#[cfg(test)]
mod test_data;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::{ModelServerSettings, Settings},
    server::serve_with,
    service::SHUTDOWN_TIMEOUT,
    tasks::Tasks,
};

use registry::{ModelId, PublicKey, Registry};
use serving::{EventPublisher, PredictionLog, ServingState, watch};

/// The name of this service in health responses, logs and Kafka client ids.
pub const SERVICE: &str = "model-server";

/// Interval at which the ledger is published if the folder is not polled.
const DEFAULT_LEDGER_INTERVAL: Duration = Duration::from_secs(2);

/// Loads the saved models and serves them on `listener` until `shutdown`.
///
/// # Errors
/// No model is saved, the active one can't be loaded (see [`registry::LoadError`]), or the
/// listener fails.
pub async fn run(
    settings: &Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let server = &settings.model_server;
    let serving = start(settings)?;
    let router = http::router(Arc::clone(&serving), server)?;

    // The first task that ends stops the others.
    let mut tasks = Tasks::new(shutdown.clone());
    let http = settings.http.clone();
    let requests = serve_with(listener, router, http, shutdown.clone(), http::error_response);
    tasks.spawn("http", requests);
    if server.poll_interval_ms > 0 {
        let interval = Duration::from_millis(server.poll_interval_ms);
        let watcher = watch(Arc::clone(&serving), interval, shutdown.clone());
        tasks.spawn("watcher", async move {
            watcher.await;
            Ok(())
        });
    }
    if server.log.enabled {
        // Without polling of the folder, the ledger is still followed.
        let interval = match server.poll_interval_ms {
            0 => DEFAULT_LEDGER_INTERVAL,
            interval_ms => Duration::from_millis(interval_ms),
        };
        let publisher = EventPublisher::new(settings.clone()).run(interval, shutdown);
        tasks.spawn("model-events", async move {
            publisher.await;
            Ok(())
        });
    }
    let outcome = tasks.join(SHUTDOWN_TIMEOUT).await;

    // The log stops last: requests are submitted to it until the HTTP server has drained.
    tokio::task::spawn_blocking(move || serving.stop()).await.context("prediction log")?;
    outcome
}

/// The API without a listener, for requests from within the process.
///
/// # Errors
/// As [`run`].
pub fn router(settings: &Settings) -> anyhow::Result<axum::Router> {
    http::router(start(settings)?, &settings.model_server)
}

fn start(settings: &Settings) -> anyhow::Result<Arc<ServingState>> {
    let server = &settings.model_server;
    vitals_core::runtime::metrics::describe(metrics::METRICS);
    let prediction_log = PredictionLog::start(&settings.kafka, &server.log)?;
    let registry = Registry::new(server.models_dir.as_str()).signed_with(public_key(server)?);
    let serving = ServingState::start(registry, shadow_id(server)?.as_ref(), prediction_log)?;
    tracing::info!(model.id = %serving.pool().active.id, "model loaded");
    Ok(Arc::new(serving))
}

/// The key that versions have to be signed with, if the settings have one.
fn public_key(settings: &ModelServerSettings) -> anyhow::Result<Option<PublicKey>> {
    if settings.public_key.is_empty() {
        return Ok(None);
    }
    Ok(Some(settings.public_key.parse().context("settings: model_server.public_key")?))
}

fn shadow_id(settings: &ModelServerSettings) -> anyhow::Result<Option<ModelId>> {
    let Some((name, version)) = settings.shadow.split_once('/') else { return Ok(None) };
    let id = ModelId::new(name, version).context("settings: model_server.shadow")?;
    Ok(Some(id))
}
