//! The command line: `serve` (the default), `train`, `evaluate`, `release` and `rollback`.

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

use crate::{
    SERVICE,
    model::Algorithm,
    public_key,
    registry::{Author, ModelId, Registry, ThresholdRule},
    release, run, train,
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
    /// Kind of model.
    #[arg(long, value_enum, default_value_t = Kinds::Spline)]
    model: Kinds,
    /// The person who trains, for the ledger.
    #[arg(long, env = "USER", default_value = "unknown")]
    by: String,
    /// Names this commit in a version that an earlier one has trained with the same bytes; the version
    /// has to be released again.
    #[arg(long)]
    renew_commit: bool,
    #[command(flatten)]
    rule: RuleArgs,
}

/// Requirements on the operating threshold and the risk levels, shares of out-of-fold rows.
#[derive(Debug, Args)]
struct RuleArgs {
    /// Share of the positive rows that the operating threshold finds at least.
    #[arg(long, default_value_t = ThresholdRule::DEFAULT.min_sensitivity, value_parser = share)]
    min_sensitivity: f64,
    /// Share of the positive rows whose level is low at most.
    #[arg(long, default_value_t = ThresholdRule::DEFAULT.max_missed_by_low, value_parser = share)]
    max_missed_by_low: f64,
    /// Share of the rows of the high level that are positive at least.
    #[arg(long, default_value_t = ThresholdRule::DEFAULT.min_share_of_high, value_parser = share)]
    min_share_of_high: f64,
}

impl RuleArgs {
    fn rule(&self) -> ThresholdRule {
        ThresholdRule {
            min_sensitivity: self.min_sensitivity,
            max_missed_by_low: self.max_missed_by_low,
            min_share_of_high: self.min_share_of_high,
        }
    }
}

/// Parses a share.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1".to_owned())
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
    /// The person who evaluates, for the ledger.
    #[arg(long, env = "USER", default_value = "unknown")]
    by: String,
}

#[derive(Debug, Args)]
struct ReleaseArgs {
    /// The candidate, NAME/VERSION.
    #[arg(long)]
    model: ModelId,
    /// Labelled data for the comparison on the same folds.
    #[arg(long, default_value = "data/pima.csv")]
    data: PathBuf,
    /// Newer labelled data that no version was trained on.
    #[arg(long)]
    held_out: Option<PathBuf>,
    /// Folder of the saved models [default: model_server.models_dir of the settings].
    #[arg(long)]
    models: Option<PathBuf>,
    /// Folder for the reports.
    #[arg(long, default_value = "docs/model/releases")]
    reports: PathBuf,
    /// Repeats of the 5-fold cross-validation.
    #[arg(long, default_value_t = train::Protocol::FULL.repeats)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100))]
    repeats: u64,
    /// Judge the candidate alone if the active version can't be loaded.
    #[arg(long)]
    without_comparison: bool,
    #[command(flatten)]
    approval: Approval,
}

#[derive(Debug, Args)]
struct RollbackArgs {
    /// The version to return to, NAME/VERSION [default: the one that the active version replaced].
    #[arg(long)]
    to: Option<ModelId>,
    /// Folder of the saved models [default: model_server.models_dir of the settings].
    #[arg(long)]
    models: Option<PathBuf>,
    #[command(flatten)]
    approval: Approval,
}

/// The person behind a change of the active version, and the reason.
#[derive(Debug, Args)]
struct Approval {
    /// Name of the person who approves.
    #[arg(long, value_parser = words::<200>)]
    approver: String,
    /// The reason.
    #[arg(long, value_parser = words::<2000>)]
    why: String,
}

/// Text of one to `MAX` characters.
fn words<const MAX: usize>(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is blank".to_owned()),
        text if text.chars().count() > MAX => Err(format!("it has more than {MAX} characters")),
        text => Ok(text.to_owned()),
    }
}

/// The person in an option that defaults to the user, who may have no name.
fn person(name: &str) -> String {
    words::<200>(name).unwrap_or_else(|_| "unknown".to_owned())
}

impl From<Approval> for Author {
    fn from(approval: Approval) -> Self {
        Self { who: approval.approver, why: approval.why }
    }
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

fn train(common: &CommonArgs, args: TrainArgs) -> anyhow::Result<()> {
    let models = models_dir(common, args.models)?;
    let algorithms = args.model.algorithms();
    let author = Author { who: person(&args.by), why: "trained".to_owned() };
    let plan = train::Plan {
        data: args.data,
        models,
        docs: args.docs,
        algorithms,
        author,
        threshold_rule: args.rule.rule(),
        renew_commit: args.renew_commit,
    };
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
        who: person(&args.by),
    };
    train::evaluate(&plan, &mut io::stdout().lock())
}

fn release(common: &CommonArgs, args: ReleaseArgs) -> anyhow::Result<()> {
    // The limits of the gates are settings, so a release needs them.
    let settings = Settings::load(&common.config)?.model_server;
    let plan = release::Plan {
        models: args.models.unwrap_or_else(|| settings.models_dir.clone().into()),
        candidate: args.model,
        data: args.data,
        held_out: args.held_out,
        reports: args.reports,
        protocol: train::Protocol { repeats: args.repeats, ..train::Protocol::FULL },
        without_comparison: args.without_comparison,
        public_key: public_key(&settings)?,
        gates: settings.gates,
        approver: args.approval.into(),
    };
    release::release(&plan, &mut io::stdout().lock())
}

fn rollback(common: &CommonArgs, args: RollbackArgs) -> anyhow::Result<()> {
    // The key that versions have to be signed with is a setting.
    let settings = Settings::load(&common.config)?.model_server;
    let models = args.models.unwrap_or_else(|| settings.models_dir.clone().into());
    let registry = Registry::new(models).signed_with(public_key(&settings)?);
    let active = registry.rollback(args.to.as_ref(), &args.approval.into())?;
    writeln!(io::stdout(), "active    {active}")?;
    Ok(())
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
