//! The command line of the benches.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{alerts, archive, archive_scale, floods, latency, live, predict, release, watch};
use crate::{paths, ui};

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
    /// Commit time against the size of the table
    ArchiveScale(archive_scale::Options),
    /// Memory of the archive in floods of messages that it can't decode
    Floods(floods::Options),
    /// Time from a message's Kafka timestamp to the commit that contains it
    Latency(latency::Options),
    /// From a reading's creation to a client of the live view; a patient's day from the lake
    Live(live::Options),
    /// Predictions over HTTP: the model server, a bare axum server, and Python servers
    Predict(predict::Options),
    /// Time from a reading's arrival at Kafka to the alert that it causes
    Alerts(alerts::Options),
    /// Alarms on simulated patients: false alarms, lead times, speed, memory
    Watch(watch::Options),
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
    // The dashboard's build embeds the pages.
    if matches!(options.bench, Bench::Live(_)) && !options.no_build {
        ui::build()?;
    }
    // The evaluation of the watch has a release build of its own.
    if !matches!(options.bench, Bench::Watch(_)) {
        release::ensure(options.no_build)?;
    }
    match options.bench {
        Bench::Watch(watch) => watch::run(&watch, options.no_build),
        Bench::Archive(options) => archive::run(options).await,
        Bench::ArchiveScale(options) => archive_scale::run(options).await,
        Bench::Floods(options) => floods::run(options).await,
        Bench::Latency(options) => latency::run(options).await,
        Bench::Alerts(options) => alerts::run(options).await,
        Bench::Live(options) => live::run(options).await,
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
