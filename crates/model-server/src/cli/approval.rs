//! `release` and `rollback`: changes of the active version, each approved by a person.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use clap::Args;
use vitals_core::runtime::{config::Settings, service::CommonArgs};

use crate::{
    public_key,
    registry::{Author, ModelId, Registry},
    release::{self, Plan},
    train::Protocol,
};

use super::text;

#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
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
    #[arg(long, default_value_t = Protocol::FULL.repeats)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100))]
    repeats: u64,
    /// Judge the candidate alone if the active version can't be loaded.
    #[arg(long)]
    without_comparison: bool,
    #[command(flatten)]
    approval: Approval,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
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
    #[arg(long, value_parser = text::name)]
    approver: String,
    /// The reason.
    #[arg(long, value_parser = text::reason)]
    why: String,
}

impl From<Approval> for Author {
    fn from(approval: Approval) -> Self {
        Self { who: approval.approver, why: approval.why }
    }
}

/// Compares a candidate with the active version, and activates it if it passes.
pub(super) fn release(common: &CommonArgs, args: ReleaseArgs) -> anyhow::Result<()> {
    // The limits of the gates are settings, so a release needs them.
    let settings = Settings::load(&common.config)?.model_server;
    let plan = Plan {
        models: args.models.unwrap_or_else(|| settings.models_dir.clone().into()),
        candidate: args.model,
        data: args.data,
        held_out: args.held_out,
        reports: args.reports,
        protocol: Protocol { repeats: args.repeats, ..Protocol::FULL },
        without_comparison: args.without_comparison,
        public_key: public_key(&settings)?,
        gates: settings.gates,
        approver: args.approval.into(),
    };
    release::release(&plan, &mut io::stdout().lock())
}

/// Returns to an earlier version.
pub(super) fn rollback(common: &CommonArgs, args: RollbackArgs) -> anyhow::Result<()> {
    // The key that versions have to be signed with is a setting.
    let settings = Settings::load(&common.config)?.model_server;
    let models = args.models.unwrap_or_else(|| settings.models_dir.clone().into());
    let registry = Registry::new(models).signed_with(public_key(&settings)?);
    let active = registry.rollback(args.to.as_ref(), &args.approval.into())?;
    writeln!(io::stdout(), "active    {active}")?;
    Ok(())
}
