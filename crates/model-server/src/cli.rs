//! The command line: `serve` (the default), `train` and `evaluate`.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use vitals_core::runtime::{
    config::Settings,
    healthcheck,
    http::listen,
    service::{self, CommonArgs},
};

use crate::{SERVICE, model::Algorithm, registry::ModelId, run, train};

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
    /// Train and save models, print their figures, and activate one of them.
    Train(TrainArgs),
    /// Cross-validate models and write their figures, without saving a model.
    Evaluate(EvaluateArgs),
}

/// A kind of model, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kinds {
    Logistic,
    Spline,
    Boosted,
    Ensemble,
    All,
}

impl Kinds {
    fn algorithms(self) -> Vec<Algorithm> {
        match self {
            Self::Logistic => vec![Algorithm::Logistic],
            Self::Spline => vec![Algorithm::Spline],
            Self::Boosted => vec![Algorithm::Boosted],
            Self::Ensemble => vec![Algorithm::Ensemble],
            Self::All => Algorithm::ALL.to_vec(),
        }
    }
}

/// The models to evaluate.
#[derive(Debug, Clone)]
struct Subjects(Vec<train::Subject>);

/// Parses the models to evaluate.
fn subjects(text: &str) -> Result<Subjects, String> {
    // Three forms: the active version, a saved version NAME/VERSION, or kinds of model.
    if text == "active" {
        return Ok(Subjects(vec![train::Subject::Active]));
    }
    if let Some((name, version)) = text.split_once('/') {
        let id = ModelId::new(name, version).map_err(|error| error.to_string())?;
        return Ok(Subjects(vec![train::Subject::Saved(id)]));
    }
    // The error lists every form, not only the kinds.
    let kinds = Kinds::from_str(text, false).map_err(|_| {
        "expected all, logistic, spline, boosted, ensemble, active or NAME/VERSION".to_owned()
    })?;
    Ok(Subjects(kinds.algorithms().into_iter().map(train::Subject::Kind).collect()))
}

#[derive(Debug, Args)]
struct TrainArgs {
    /// CSV file with the training data.
    #[arg(long, default_value = "data/pima.csv")]
    data: PathBuf,
    /// Folder for the saved models [default: model_server.models_dir of the settings].
    #[arg(long)]
    models: Option<PathBuf>,
    /// Folder for the plots of the model cards.
    #[arg(long, default_value = "docs/model")]
    docs: PathBuf,
    /// Kind of model; `all` activates the spline.
    #[arg(long, value_enum, default_value_t = Kinds::Spline)]
    model: Kinds,
}

#[derive(Debug, Args)]
struct EvaluateArgs {
    /// CSV file with the data.
    #[arg(long, default_value = "data/pima.csv")]
    data: PathBuf,
    /// Folder of the saved models [default: model_server.models_dir of the settings].
    #[arg(long)]
    models: Option<PathBuf>,
    /// `all`, a kind of model, `active`, or a saved version NAME/VERSION.
    #[arg(long, default_value = "all", value_parser = subjects)]
    model: Subjects,
    /// File for the figures.
    #[arg(long, default_value = "target/bench/model.json")]
    summary: PathBuf,
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
    }
}

fn train(common: &CommonArgs, args: TrainArgs) -> anyhow::Result<()> {
    let models = models_dir(common, args.models)?;
    let algorithms = args.model.algorithms();
    let plan = train::Plan { data: args.data, models, docs: args.docs, algorithms };
    train::run(&plan, &mut io::stdout().lock())?;
    Ok(())
}

fn evaluate(common: &CommonArgs, args: EvaluateArgs) -> anyhow::Result<()> {
    let plan = train::Evaluation {
        data: args.data,
        models: models_dir(common, args.models)?,
        subjects: args.model.0,
        protocol: train::Protocol::FULL,
        summary: args.summary,
    };
    train::evaluate(&plan, &mut io::stdout().lock())
}

fn models_dir(common: &CommonArgs, given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    match given {
        // The settings are read only if the option is absent, so that training needs no settings file.
        Some(models) => Ok(models),
        None => Ok(Settings::load(&common.config)
            .context("--models is missing, and the settings can't be read")?
            .model_server
            .models_dir
            .into()),
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
