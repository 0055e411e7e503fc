//! Logs and metrics.

use std::{sync::OnceLock, time::Duration};

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::config::{LogFormat, TelemetrySettings};

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Bucket bounds of the latency histograms, seconds: 50 microseconds to 30 seconds.
const SECONDS: [f64; 18] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Default filter of libraries that log each step at `info`, or errors that their caller handles.
/// `telemetry.log_filter` can override it.
const LIBRARY_FILTER: &str = "buoyant_kernel=off,buoyant_kernel_engine=off,deltalake_core=warn,\
    deltalake_core::kernel::transaction=off,\
    datafusion=warn,hdfs_native=warn,sqlparser=warn";

/// Initialises logging to standard error, and the metrics recorder.
///
/// # Errors
/// If `telemetry.log_filter` is invalid, or logging is already initialised.
pub fn start(settings: &TelemetrySettings) -> anyhow::Result<()> {
    // Later directives win, so the settings can override the filter of the libraries.
    let filter = EnvFilter::try_new(format!("{LIBRARY_FILTER},{}", settings.log_filter))
        .with_context(|| format!("settings: telemetry.log_filter: {:?}", settings.log_filter))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => {
            // Escape codes only for a terminal: log files stay plain text.
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            registry.with(lines.with_ansi(colour)).try_init()?;
        }
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
    }
    start_metrics();
    Ok(())
}

/// Installs the metrics recorder of the process. Further calls have no effect.
pub fn start_metrics() {
    METRICS.get_or_init(|| {
        // Neither step fails: the bounds are not empty, and the process has no other recorder. If
        // one failed anyway, the service would run without metrics.
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .ok()?
            .install_recorder()
            .ok()
    });
}

/// Interval at which histogram samples are aggregated into buckets.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Aggregates histogram samples periodically; they would otherwise accumulate until the next
/// scrape.
pub async fn run_metrics_upkeep() {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        // Without a recorder there is nothing to aggregate.
        if let Some(Some(handle)) = METRICS.get() {
            handle.run_upkeep();
        }
    }
}

/// The metrics in the Prometheus text format.
#[must_use]
pub fn metrics_text() -> String {
    match METRICS.get() {
        Some(Some(handle)) => {
            // Includes the samples since the last upkeep.
            handle.run_upkeep();
            handle.render()
        }
        _ => String::new(),
    }
}
