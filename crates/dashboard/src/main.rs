//! Starts the dashboard.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use vitals_core::runtime::{healthcheck, http, service};

/// Serves the live ward, the history of every patient and the risk form.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: service::CommonArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Request /health of the running service; exit status 1 unless it responds with 200
    Healthcheck,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(Command::Healthcheck) = args.command {
        return healthcheck::run(&args.common, |settings| settings.dashboard.listen);
    }
    service::main("dashboard", &args.common, async |settings, shutdown| {
        let listener = http::listen(settings.dashboard.listen, "dashboard.listen").await?;
        dashboard::run(settings, listener, shutdown).await
    })
}
