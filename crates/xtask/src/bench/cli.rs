//! The command line of the benches.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{archive, latency, predict, release};
use crate::paths;

/// Which bench.
#[derive(Args, Debug)]
pub struct Options {
    #[command(subcommand)]
    bench: Bench,
    /// Take the release binaries as they are
    #[arg(long, global = true)]
    no_build: bool,
}

#[derive(Subcommand, Debug)]
enum Bench {
    /// Kafka to Parquet: ours, a raw drain, and what others would run
    Archive(archive::Options),
    /// From Kafka's time of a message to the commit that holds it
    Latency(latency::Options),
    /// Predictions over HTTP: ours, a bare axum server, and what one would run in Python
    Predict(predict::Options),
    /// The bare axum server in a process of its own
    #[command(hide = true)]
    BareAxum(predict::bare_axum::Options),
    /// The raw drain in a process of its own
    #[command(hide = true)]
    Drain(archive::drain::Options),
}

/// Runs a bench, in the release build of this tool.
///
/// # Errors
/// When something can't be built or started, or a result turns out to be wrong.
pub async fn run(options: Options) -> Result<ExitCode> {
    release::ensure(options.no_build)?;
    match options.bench {
        Bench::Archive(options) => archive::run(options).await,
        Bench::Latency(options) => latency::run(options).await,
        Bench::Predict(options) => predict::run(options).await,
        Bench::BareAxum(options) => {
            predict::bare_axum::run(&options).await.map(|()| ExitCode::SUCCESS)
        }
        Bench::Drain(options) => archive::drain::run(&options).map(|()| ExitCode::SUCCESS),
    }
}

/// Where benches keep what they make.
#[must_use]
pub fn folder() -> std::path::PathBuf {
    paths::target().join("bench")
}
