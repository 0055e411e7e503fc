//! `evaluate`: kinds of model, or saved versions.

use std::{io, path::PathBuf};

use clap::{Args, ValueEnum as _};
use vitals_core::runtime::service::CommonArgs;

use crate::{
    registry::ModelId,
    train::{self, Evaluation, Protocol, Subject},
};

use super::{kinds::Kinds, models_dir::models_dir, text::person};

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
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

/// The models to evaluate.
#[derive(Debug, Clone)]
struct Subjects(Vec<Subject>);

/// Parses the models to evaluate.
fn subjects(text: &str) -> Result<Subjects, String> {
    // Three forms: the active version, a saved version NAME/VERSION, or kinds of model.
    if text == "active" {
        return Ok(Subjects(vec![Subject::Active]));
    }
    if let Some((name, version)) = text.split_once('/') {
        let id = ModelId::new(name, version).map_err(|error| error.to_string())?;
        return Ok(Subjects(vec![Subject::Saved(id)]));
    }
    // The error lists every form, not only the kinds.
    let kinds = Kinds::from_str(text, false).map_err(|_| {
        "expected all, logistic, spline, boosted, ensemble, active or NAME/VERSION".to_owned()
    })?;
    Ok(Subjects(kinds.algorithms().into_iter().map(Subject::Kind).collect()))
}

/// Writes the figures of the models.
pub(super) fn evaluate(common: &CommonArgs, args: EvaluateArgs) -> anyhow::Result<()> {
    let plan = Evaluation {
        data: args.data,
        models: models_dir(common, args.models)?,
        subjects: args.model.0,
        protocol: Protocol::FULL,
        summary: args.summary,
        who: person(&args.by),
    };
    train::evaluate(&plan, &mut io::stdout().lock())
}
