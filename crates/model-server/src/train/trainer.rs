//! Training: cross-validates, fits on all rows, saves, and writes the model card.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use vitals_core::domain::model_event::Step;

use crate::{
    explain::Overview,
    model::Algorithm,
    pipeline::{Fitted, Pipeline},
    registry::{
        Author, FeatureSpec, Manifest, ModelId, Registry, SCHEMA_VERSION, SavedModel, ThresholdRule,
    },
};

use super::{
    Card, Dataset, Evidence, Protocol, Resamples, Validation, contribution_plot, cross_validate,
    markdown, operating, report,
    source_commit::{DIRTY, source_commit},
    validation_plots,
};

/// The folder of the plots, relative to a card at `models/NAME/VERSION`.
const PLOTS_FROM_CARD: &str = "../../../docs/model";

/// The input and output of a training run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// CSV file with the training data.
    pub data: PathBuf,
    /// The registry's folder.
    pub models: PathBuf,
    /// Folder for the plots of the model cards.
    pub docs: PathBuf,
    /// The kinds of model to train.
    pub algorithms: Vec<Algorithm>,
    /// The person who trains, for the ledger.
    pub author: Author,
    /// The rule for the operating threshold and the risk bands.
    pub threshold_rule: ThresholdRule,
    /// Replaces the commit in the manifest of a version that is saved already, and the card of one that
    /// is released.
    pub renew_commit: bool,
}

/// Trains the models, saves them as candidates, and writes the figures to `out`. Nothing that is
/// served changes.
///
/// Reproducible: the same data and commit give the same bytes of a version. Nothing in it depends on
/// the time, the machine or the paths.
///
/// # Errors
/// The data is invalid, a model can't be fitted, or a folder can't be written.
pub fn run(plan: &Plan, out: &mut impl Write) -> anyhow::Result<Vec<SavedModel>> {
    let data = Dataset::read(&plan.data)?;
    report::data(out, &data)?;
    let registry = Registry::new(&plan.models);
    // Once: what is saved below is no change of the source.
    let commit = source_commit(Path::new("."));
    if commit.as_ref().is_some_and(|commit| commit.ends_with(DIRTY)) {
        let warning = "the sources have changes that are in no commit: no version of this run can be \
            released";
        writeln!(out, "{warning}")?;
    }
    let mut models = Vec::new();
    for algorithm in &plan.algorithms {
        let saved = train(&data, *algorithm, &registry, plan, commit.as_deref(), out)
            .with_context(|| format!("can't train the model {}", algorithm.name()))?;
        models.push(saved);
    }
    let rows: Vec<_> =
        models.iter().map(|m| (m.manifest.name.as_str(), &m.manifest.metrics)).collect();
    report::table(out, &rows)?;
    Ok(models)
}

fn train(
    data: &Dataset,
    algorithm: Algorithm,
    registry: &Registry,
    plan: &Plan,
    commit: Option<&str>,
    out: &mut impl Write,
) -> anyhow::Result<SavedModel> {
    let progress = report::progress(algorithm, Protocol::FULL);
    // Validate, then fit on all rows: the figures are those of models fitted on fewer.
    let validation = cross_validate(data, algorithm, Protocol::FULL, &progress)
        .context("cross-validation failed")?;
    progress.finish_and_clear();
    report::figures(out, algorithm, &validation.figures)?;

    let fitted = Pipeline::fit(algorithm, data.rows.view(), &data.outcomes)
        .context("can't fit the model on all rows")?;
    let resamples = Resamples::refitted(&fitted, data).context("can't fit resampled rows")?;
    let Fitted { pipeline, hyperparameters, conformal, .. } = fitted;
    // Overview and card are computed once, so that the server needs no data.
    let overview = Overview::of(&pipeline, data.rows.view());
    let manifest = Manifest {
        commit: commit.map(str::to_owned),
        ..manifest(algorithm, plan.threshold_rule, data, &validation, hyperparameters)
    };
    let saved = registry.save(manifest, &pipeline, &conformal, &overview)?;
    // Loaded from the files: numbers that JSON can't represent exactly would be found here.
    ensure!(saved.pipeline == pipeline, "the saved model differs from the trained one");

    let evidence = Evidence { data, validation: &validation, resamples: &resamples };
    let card = Card::new(&saved, &evidence);
    write_plots(&plan.docs.join(algorithm.name()), &card, &saved, data, &validation)?;
    let plots = format!("{PLOTS_FROM_CARD}/{}", algorithm.name());
    let id = id(&saved)?;
    if saved.manifest.commit.as_deref() != commit {
        // The same bytes as another commit has trained.
        if plan.renew_commit {
            registry.set_commit(&id, commit)?;
        } else {
            writeln!(out, "{id} keeps the commit that trained it first; see --renew-commit")?;
        }
    }
    // What is approved stays as it is, card included: another card would be another manifest.
    if registry.is_released(&id)? && !plan.renew_commit {
        writeln!(out, "{id} keeps the card that it was released with; see --renew-commit")?;
    } else {
        registry.save_card(&id, &card, &markdown(&card, &plots))?;
    }
    // Last, so that the ledger has no version that was not saved completely.
    registry.record(Step::Trained, &id, &plan.author)?;
    report::saved(out, &registry.folder(&id), &saved)?;
    writeln!(out, "candidate {id}: `model-server release --model {id}` makes it active")?;
    Ok(saved)
}

fn write_plots(
    folder: &Path,
    card: &Card,
    saved: &SavedModel,
    data: &Dataset,
    validation: &Validation,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    let [roc, calibration] = validation_plots(card, data, validation)?;
    for (name, svg) in [roc, calibration, contribution_plot(saved)?] {
        let path = folder.join(name);
        fs::write(&path, svg).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

fn id(saved: &SavedModel) -> anyhow::Result<ModelId> {
    Ok(ModelId::new(saved.manifest.name.as_str(), saved.manifest.version.as_str())?)
}

fn manifest(
    algorithm: Algorithm,
    rule: ThresholdRule,
    data: &Dataset,
    validation: &Validation,
    hyperparameters: BTreeMap<String, f64>,
) -> Manifest {
    let name = algorithm.name();
    let (threshold, risk_bands) = operating::choose(rule, data, validation);
    Manifest {
        schema_version: SCHEMA_VERSION,
        name: name.to_owned(),
        version: String::new(),
        algorithm,
        hyperparameters,
        threshold,
        risk_bands,
        threshold_rule: rule,
        features: FeatureSpec::all(),
        data: data.source.clone(),
        metrics: validation.figures,
        training_command: training_command(name, rule),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: None,
        artifacts: BTreeMap::new(),
        card: BTreeMap::new(),
    }
}

fn training_command(name: &str, rule: ThresholdRule) -> String {
    let mut command = format!("model-server train --model {name}");
    let default = ThresholdRule::DEFAULT;
    for (option, value, default) in [
        ("--min-sensitivity", rule.min_sensitivity, default.min_sensitivity),
        ("--max-missed-by-low", rule.max_missed_by_low, default.max_missed_by_low),
        ("--min-share-of-high", rule.min_share_of_high, default.min_share_of_high),
    ] {
        // Only options that differ from the defaults, as a person would write the command.
        if value.to_bits() != default.to_bits() {
            command.push_str(&format!(" {option} {value}"));
        }
    }
    command
}
