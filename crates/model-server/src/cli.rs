//! The command line: `serve`, which is also what happens without a command, and `train`.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use vitals_core::runtime::{
    config::Settings,
    http::listen,
    service::{self, CommonArgs},
};

use crate::{model::Algorithm, routes::SERVICE, run, train};

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
    /// Serve the active model over HTTP (the default).
    Serve,
    /// Train a model, print its figures, save it and make it the active one.
    Train(TrainArgs),
}

#[derive(Debug, Args)]
struct TrainArgs {
    /// CSV file with the training data.
    #[arg(long, default_value = "data/pima.csv")]
    data: PathBuf,
    /// Folder for the saved models [default: model_server.models_dir of the settings].
    #[arg(long)]
    models: Option<PathBuf>,
    /// The kind of model.
    #[arg(long, value_enum, default_value_t = Algorithm::Logistic)]
    model: Algorithm,
}

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None | Some(Command::Serve) => {
            service::main(SERVICE, &cli.common, async |settings, shutdown| {
                let settings = settings.model_server;
                let listener = listen(settings.listen, "model_server.listen").await?;
                run(&settings, listener, shutdown).await
            })
        }
        Some(Command::Train(args)) => match train(&cli.common, args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
    }
}

fn train(common: &CommonArgs, args: TrainArgs) -> anyhow::Result<()> {
    let models = match args.models {
        Some(models) => models,
        None => Settings::load(&common.config)
            .context("no --models was given, and the settings can't be read")?
            .model_server
            .models_dir
            .into(),
    };
    let plan = train::Plan { data: args.data, models, algorithm: args.model };
    train::run(&plan, &mut io::stdout().lock())?;
    Ok(())
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // When even the standard error is closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{SERVICE}: {error:#}");
    ExitCode::FAILURE
}
