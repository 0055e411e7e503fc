//! Builds the parts of the dashboard and runs them until shutdown.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::{DashboardSettings, Settings},
    kafka::READINESS_CONDITION,
    metrics::describe,
    readiness::Readiness,
    server::serve,
    service::SHUTDOWN_TIMEOUT,
    tasks::Tasks,
    telemetry::start_metrics,
};
use vitals_lake::{
    query::{HistoryReader, Tables},
    table::Lake,
};

use crate::{
    activity::{ActivityLog, Recent},
    activity_client::ActivityClient,
    archive::{ArchiveClient, Followed},
    history_client::HistoryClient,
    ingest::{self, Receivers},
    live::{self, Hub},
    metrics::METRICS,
    model_client::ModelClient,
    pipeline::Monitor,
    routes::{self, App, BasePath},
    statistics,
    statistics_client::StatisticsClient,
    ward::{self, Ward},
    wire::LiveSettings,
};

/// Serves on `listener` until `shutdown`. Then event streams end, and in-flight requests finish.
///
/// # Errors
/// If a task fails: the listener, a fatal error of the Kafka client, or a bug. An outage of the
/// broker, the lake or the model server is not an error.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    start_metrics();
    describe(METRICS);
    let readiness = Readiness::waiting_for(&[READINESS_CONDITION]);
    let dashboard = &settings.dashboard;
    let tick = Duration::from_millis(dashboard.tick_ms);

    // The ward, shared by ingest and the live view.
    let ward = Ward::new(dashboard.forget_after_ms, ward::MAX_PATIENTS);
    let live_settings = live_settings(dashboard);
    let hub = Arc::new(Hub::new(ward, readiness.clone(), live_settings, tick));

    // The record of who opens which view.
    let activity = Arc::new(ActivityLog::new(&settings).context("activity log")?);
    let recent_activity = Arc::new(Recent::default());

    // The clients of the services behind the API.
    let request_timeout = Duration::from_millis(dashboard.request_timeout_ms);
    let statistics_timeout = Duration::from_millis(dashboard.statistics_timeout_ms);
    let tables = Tables::new(Lake::new(&settings.lake).context("lake")?);
    let followed = Followed::default();
    let archive =
        ArchiveClient::new(&settings, Arc::clone(&tables), followed.clone(), Arc::clone(&hub));
    let archive = Arc::new(archive);
    let monitor = Arc::new(Monitor::new(Arc::clone(&hub), dashboard).context("HTTP client")?);
    let app = App {
        hub: Arc::clone(&hub),
        history: HistoryClient::new(
            HistoryReader::new(Arc::clone(&tables)),
            Arc::clone(&archive),
            request_timeout,
        ),
        statistics: StatisticsClient::new(
            Arc::clone(&tables),
            Arc::clone(&archive),
            statistics_timeout,
        ),
        archive,
        activity: Arc::clone(&activity),
        recent_activity: Arc::clone(&recent_activity),
        activity_lake: ActivityClient::new(tables, request_timeout),
        monitor: Arc::clone(&monitor),
        model: ModelClient::new(&dashboard.model_server_url, request_timeout)?,
        base_path: BasePath::new(&dashboard.base_path),
        max_body_bytes: settings.model_server.max_body_bytes,
        readiness: readiness.clone(),
        shutdown: shutdown.clone(),
    };

    // The tasks. A task that fails cancels the others, and the service exits with its error.
    let mut tasks = Tasks::new(shutdown.clone());
    let http = settings.http.clone();
    tasks.spawn("http", serve(listener, routes::router(app), http, shutdown.clone()));
    tasks.spawn("ticker", live::run_ticker(Arc::clone(&hub), tick, shutdown.clone()));
    tasks.spawn("sampler", statistics::run_sampler(Arc::clone(&hub), shutdown.clone()));
    tasks.spawn("monitor", monitor.run(shutdown.clone()));
    tasks.spawn("activity log", Arc::clone(&activity).run(shutdown.clone()));
    let receivers = Receivers { hub, recent_activity, followed };
    ingest::start(&mut tasks, &settings, receivers, readiness, &shutdown)?;
    let outcome = tasks.join(SHUTDOWN_TIMEOUT).await;

    // Last, because requests in flight are recorded too.
    activity.flush().await;
    outcome
}

const fn live_settings(dashboard: &DashboardSettings) -> LiveSettings {
    LiveSettings {
        heartbeat_ms: dashboard.heartbeat_ms,
        trend_points: ward::TREND_POINTS,
        patient_silent_after_ms: dashboard.patient_silent_after_ms,
    }
}
