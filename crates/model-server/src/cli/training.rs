//! `train`: the candidates, and the rule for their thresholds.

use std::{io, path::PathBuf};

use clap::Args;
use vitals_core::runtime::service::CommonArgs;

use crate::{
    registry::{Author, ThresholdRule},
    train::{Plan, run},
};

use super::{kinds::Kinds, models_dir::models_dir, text::person};

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
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
    /// Names this commit in a version that an earlier one has trained with the same bytes, and writes its
    /// card anew; the version has to be released again.
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

/// Trains the models and saves them.
pub(super) fn train(common: &CommonArgs, args: TrainArgs) -> anyhow::Result<()> {
    let models = models_dir(common, args.models)?;
    let algorithms = args.model.algorithms();
    let author = Author { who: person(&args.by), why: "trained".to_owned() };
    let plan = Plan {
        data: args.data,
        models,
        docs: args.docs,
        algorithms,
        author,
        threshold_rule: args.rule.rule(),
        renew_commit: args.renew_commit,
    };
    run(&plan, &mut io::stdout().lock())?;
    Ok(())
}
