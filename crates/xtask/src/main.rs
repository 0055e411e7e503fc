//! The developer's tool, run as `cargo xtask`.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser, Debug)]
#[command(name = "cargo xtask", about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the whole pipeline, live in a browser, with nothing to install
    Demo(xtask::demo::cli::Options),
    /// Measure throughput and latency
    Bench(xtask::bench::Options),
    /// Inject faults for some minutes and verify that no reading is lost or duplicated
    Chaos(xtask::chaos::Options),
    /// Run a real Kafka and a real HDFS on loopback
    Services(xtask::services::cli::Options),
    /// Run the test suite: everything, or format, lints and unit tests with --fast
    Test(xtask::suite::Options),
    /// Build the browser UI if a source has changed
    Ui,
}

// One thread, because children are bound to the thread that starts them: it must be the main one.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(Cli::parse().command).await.unwrap_or_else(|error| {
        // The chain of causes is the message; a backtrace into this tool would not help.
        xtask::terminal::error(&error);
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo(options) => xtask::demo::cli::run(options).await,
        Command::Bench(options) => xtask::bench::run(options).await,
        Command::Chaos(options) => xtask::chaos::run(options).await,
        Command::Services(options) => xtask::services::cli::run(options).await,
        Command::Test(options) => xtask::suite::run(options).await,
        Command::Ui => xtask::ui::build().map(|()| ExitCode::SUCCESS),
    }
}
