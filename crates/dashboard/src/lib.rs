//! The dashboard: the ward live, every patient's history, and the risk form, in a browser.
//!
//! The live path, in the order of the data: [`ingest`] reads Kafka, [`ward`] is what is known,
//! [`live`] tells the browsers. [`routes`] serves that, the [`history_client`] from the lake, the
//! answers of the [`model_client`] server, and the pages themselves.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod ingest;

pub mod ward;

pub mod live;

pub mod history_client;

pub mod model_client;

pub mod alert_limits;

pub mod names;
pub mod wire;

pub mod routes;

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, serve::ListenerExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings, readiness::Readiness, service::GRACE, tasks::Tasks, telemetry::start_metrics,
};
use vitals_lake::{query::HistoryReader, table::Lake};

use self::{
    history_client::Archive, live::Live, model_client::ModelServer, routes::App, ward::Ward,
};

/// How long a stop waits for requests in hand. A browser that doesn't read would hold its
/// connection for ever.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown`; then streams end, and requests in hand are finished.
///
/// # Errors
/// When a part dies: the listener fails, the Kafka client is refused for good, or a bug. A
/// broker, a lake or a model server that is away is not an error.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    start_metrics();
    let readiness = Readiness::waiting_for(&[live::KAFKA]);
    let dashboard = &settings.dashboard;
    let tick = Duration::from_millis(dashboard.tick_ms);
    let ward = Ward::new(dashboard.forget_after_ms, ward::MAX_PATIENTS);
    let live = Arc::new(Live::new(ward, readiness.clone(), tick));
    let patience = Duration::from_millis(dashboard.request_timeout_ms);
    let lake = Lake::new(&settings.lake).context("lake")?;
    let app = App {
        live: Arc::clone(&live),
        archive: Archive::new(HistoryReader::new(lake), patience),
        model: ModelServer::new(&dashboard.model_server_url, patience)?,
        max_body_bytes: settings.model_server.max_body_bytes,
        heartbeat: Duration::from_millis(dashboard.heartbeat_ms),
        readiness: readiness.clone(),
        shutdown: shutdown.clone(),
    };
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("http", serve(listener, routes::router(app), shutdown.clone()));
    tasks.spawn("publish", live::publish(Arc::clone(&live), tick, shutdown.clone()));
    ingest::start(&mut tasks, &settings, live, readiness, &shutdown)?;
    tasks.join(GRACE).await
}

/// Unlike the other services', connections are cut after [`DRAIN`].
fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> impl Future<Output = anyhow::Result<()>> {
    // Small events must not wait for the acknowledgement of those before.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
    });
    async move {
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let too_long = async {
            shutdown.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = served => ended.context("HTTP server"),
            () = too_long => {
                tracing::warn!("connections that did not end were cut");
                Ok(())
            }
        }
    }
}
