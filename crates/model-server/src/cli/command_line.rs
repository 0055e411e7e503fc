//! The commands, and the one that serves.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use vitals_core::runtime::{
    healthcheck,
    http::listen,
    service::{self, CommonArgs},
};

use crate::{SERVICE, run};

use super::{
    approval::{ReleaseArgs, RollbackArgs, release, rollback},
    evaluation::{EvaluateArgs, evaluate},
    training::{TrainArgs, train},
};

/// Trains and serves the diabetes risk model, and explains every prediction.
#[derive(Debug, Parser)]
#[command(name = SERVICE, version)]
struct Cli {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the active model over HTTP (default).
    Serve,
    /// Request /health of the running service; exit status 1 unless it responds with 200.
    Healthcheck,
    /// Train models, save them as candidates, and print their figures.
    Train(TrainArgs),
    /// Cross-validate kinds of model, or score a saved version on other data.
    Evaluate(EvaluateArgs),
    /// Compare a candidate with the active version, and activate it if it passes every gate.
    Release(ReleaseArgs),
    /// Withdraw the active version and activate the one that it replaced.
    Rollback(RollbackArgs),
}

/// Parses the command line and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None | Some(Command::Serve) => {
            service::main(SERVICE, &cli.common, async |settings, shutdown| {
                let address = settings.model_server.listen;
                let listener = listen(address, "model_server.listen").await?;
                run(&settings, listener, shutdown).await
            })
        }
        Some(Command::Healthcheck) => {
            healthcheck::run(&cli.common, |settings| settings.model_server.listen)
        }
        Some(Command::Train(args)) => exit_code(train(&cli.common, args)),
        Some(Command::Evaluate(args)) => exit_code(evaluate(&cli.common, args)),
        Some(Command::Release(args)) => exit_code(release(&cli.common, args)),
        Some(Command::Rollback(args)) => exit_code(rollback(&cli.common, args)),
    }
}

fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, the exit code is the only report.
            let _ = writeln!(io::stderr(), "{SERVICE}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
