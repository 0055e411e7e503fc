//! Starts the dashboard.

use std::process::ExitCode;

use clap::Parser;
use vitals_core::runtime::{http, service};

/// Serves the live ward, the history of every patient and the risk form.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: service::CommonArgs,
}

fn main() -> ExitCode {
    let args = Args::parse();
    service::main("dashboard", &args.common, async |settings, shutdown| {
        let listener = http::listen(settings.dashboard.listen, "dashboard.listen").await?;
        dashboard::run(settings, listener, shutdown).await
    })
}
