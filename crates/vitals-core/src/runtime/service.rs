//! The bootstrap that the four services share.

use std::{future::Future, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{config::Settings, hadoop, telemetry};

/// How long a service may take to finish what is in hand.
pub const GRACE: Duration = Duration::from_secs(30);

/// The command-line options of every service.
#[derive(Debug, Clone, clap::Args)]
pub struct CommonArgs {
    /// File with the settings.
    #[arg(long, global = true, env = "VITALS_CONFIG", default_value = "config.toml")]
    pub config: PathBuf,
}

/// Runs a service: settings, telemetry, signals, then `run` until it ends or SIGTERM or SIGINT
/// cancels its token. The exit code is non-zero when `run` fails.
pub fn main<F, Fut>(name: &'static str, args: &CommonArgs, run: F) -> ExitCode
where
    F: FnOnce(Settings, CancellationToken) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let settings = match Settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => return fail(name, &anyhow::Error::new(error)),
    };
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

/// Before there is a log.
#[expect(clippy::print_stderr, reason = "logging has not started")]
fn fail(name: &str, error: &anyhow::Error) -> ExitCode {
    eprintln!("{name}: {error:#}");
    ExitCode::FAILURE
}

fn start<F, Fut>(name: &'static str, settings: Settings, run: F) -> anyhow::Result<()>
where
    F: FnOnce(Settings, CancellationToken) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    tracing::info!(settings = settings.redacted(), "{name} starts");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("can't start the runtime")?;
    let outcome = runtime.block_on(async {
        let shutdown = CancellationToken::new();
        cancel_on_signal(shutdown.clone())?;
        tokio::spawn(telemetry::keep_metrics());
        run(settings, shutdown).await
    });
    // A thread that still blocks in a library must not hold the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    tracing::info!("{name} ended");
    outcome
}

fn cancel_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "stopping");
        shutdown.cancel();
    });
    Ok(())
}
