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
    /// The whole pipeline, live in a browser, with nothing to install
    Demo(xtask::demo::cli::Options),
    /// How fast it is, in figures
    Bench(xtask::bench::Options),
    /// Minutes in which everything breaks, and nothing may be lost or there twice
    Chaos(xtask::chaos::Options),
    /// A real Kafka and a real HDFS on loopback
    Services(xtask::services::cli::Options),
    /// The whole test run
    Test(xtask::suite::Options),
    /// Build the browser UI, if anything has changed
    Ui,
}

// One thread: children are bound to the thread that starts them, and that must be the main one.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(Cli::parse().command).await.unwrap_or_else(|error| {
        // The chain is the message; where in this tool it came up helps nobody.
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
