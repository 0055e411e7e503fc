//! Logs and metrics.

use std::{sync::OnceLock, time::Duration};

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::config::{LogFormat, TelemetrySettings};

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Upper bounds of the latency histograms, seconds: 50 microseconds to 30 seconds.
const SECONDS: [f64; 18] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Libraries that report every step at `info`, or as an error what their caller handles; the
/// settings' filter can ask for them again.
const QUIET: &str = "buoyant_kernel=off,buoyant_kernel_engine=off,deltalake_core=warn,\
    datafusion=warn,hdfs_native=warn,sqlparser=warn";

/// Sends log lines to the standard error and starts to count metrics.
///
/// # Errors
/// When `telemetry.log_filter` is no filter, or logging was started before.
pub fn start(settings: &TelemetrySettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", settings.log_filter))
        .with_context(|| format!("settings: telemetry.log_filter: {:?}", settings.log_filter))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            registry.with(lines.with_ansi(colour)).try_init()?;
        }
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
    }
    start_metrics();
    Ok(())
}

/// Starts to count metrics, once for the process.
pub fn start_metrics() {
    METRICS.get_or_init(|| {
        // The bounds are not empty, and this is the only recorder of the process: neither step
        // fails, and a service without metrics would still be better than none.
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .ok()?
            .install_recorder()
            .ok()
    });
}

/// How often the samples of histograms are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Folds samples into their buckets, again and again: otherwise they would pile up until
/// somebody asks for the metrics.
pub async fn keep_metrics() {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        if let Some(Some(handle)) = METRICS.get() {
            handle.run_upkeep();
        }
    }
}

/// The metrics in Prometheus' text format.
#[must_use]
pub fn metrics_text() -> String {
    match METRICS.get() {
        Some(Some(handle)) => {
            handle.run_upkeep();
            handle.render()
        }
        _ => String::new(),
    }
}
