//! The bootstrap that the four services share.

use std::{future::Future, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{config::Settings, hadoop, kafka, telemetry};

/// Time limit for the tasks of a service to end after the shutdown signal.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// The command-line options of every service.
#[derive(Debug, Clone, clap::Args)]
pub struct CommonArgs {
    /// Path of the settings file.
    #[arg(long, global = true, env = "VITALS_CONFIG", default_value = "config.toml")]
    pub config: PathBuf,
}

/// Runs a service: loads the settings, starts telemetry, installs the signal handlers, then calls
/// `run`, whose token SIGTERM and SIGINT cancel. The exit code is non-zero if `run` fails.
pub fn main<F, Fut>(name: &'static str, args: &CommonArgs, run: F) -> ExitCode
where
    F: FnOnce(Settings, CancellationToken) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    // Errors before telemetry go to standard error, later ones to the log.
    let settings = match Settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => return fail(name, &anyhow::Error::new(error)),
    };
    if let Err(error) = kafka::check_capabilities(&settings.kafka) {
        return fail(name, &error.context("settings"));
    }
    // The process still has a single thread, as `export` requires.
    hadoop::export(&settings.lake);
    if let Err(error) = telemetry::start(&settings.telemetry) {
        return fail(name, &error);
    }
    match start(name, settings, run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "{name} failed");
            ExitCode::FAILURE
        }
    }
}

/// Reports an error of the start, before logging is initialised.
#[expect(clippy::print_stderr, reason = "logging is not initialised")]
fn fail(name: &str, error: &anyhow::Error) -> ExitCode {
    eprintln!("{name}: {error:#}");
    ExitCode::FAILURE
}

fn start<F, Fut>(name: &'static str, settings: Settings, run: F) -> anyhow::Result<()>
where
    F: FnOnce(Settings, CancellationToken) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    // The settings are logged once, so that a log file documents its run.
    tracing::info!(settings = settings.redacted(), "{name} started");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("can't start the async runtime")?;
    let outcome = runtime.block_on(async {
        // Handlers first: a signal during the start ends the service in order.
        let shutdown = CancellationToken::new();
        cancel_on_signal(shutdown.clone())?;
        tokio::spawn(telemetry::run_metrics_upkeep());
        run(settings, shutdown).await
    });
    // A thread that still blocks in a library must not keep the process alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    tracing::info!("{name} ended");
    outcome
}

fn cancel_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut terminate =
        signal(SignalKind::terminate()).context("can't install the handler of SIGTERM")?;
    let mut interrupt =
        signal(SignalKind::interrupt()).context("can't install the handler of SIGINT")?;
    // Both handlers are installed by now, so a signal during the start is not lost.
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "shutdown requested");
        shutdown.cancel();
    });
    Ok(())
}
