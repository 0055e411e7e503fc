//! The command line of the benches.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{archive, latency, predict, release};
use crate::paths;

/// Options of `bench`.
#[derive(Args, Debug)]
pub struct Options {
    #[command(subcommand)]
    bench: Bench,
    /// Use the existing release binaries
    #[arg(long, global = true)]
    no_build: bool,
}

#[derive(Subcommand, Debug)]
enum Bench {
    /// Kafka to Parquet: the consumer, a raw drain, Python and Spark
    Archive(archive::Options),
    /// Time from a message's Kafka timestamp to the commit that contains it
    Latency(latency::Options),
    /// Predictions over HTTP: the model server, a bare axum server, and Python servers
    Predict(predict::Options),
    /// The bare axum server, in its own process
    #[command(hide = true)]
    BareAxum(predict::bare_axum::Options),
    /// The raw drain, in its own process
    #[command(hide = true)]
    Drain(archive::drain::Options),
}

/// Runs a bench, in the release build of this tool.
///
/// # Errors
/// Returns an error if a program can't be built or started, or a result is wrong.
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

/// Folder of the benches' files, `target/bench`.
#[must_use]
pub fn folder() -> PathBuf {
    paths::target().join("bench")
}
