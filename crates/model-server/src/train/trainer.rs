//! Training: read, cross-validate, fit on everything, save.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};

use crate::{
    explain::Overview,
    model::Algorithm,
    pipeline::{Fitted, Pipeline},
    registry::{FeatureSpec, Manifest, ModelId, Registry, SCHEMA_VERSION, SavedModel},
};

use super::{
    Card, DataSource, Dataset, Figures, Protocol, Validation, cross_validate, markdown, plots,
    report,
};

/// From this probability on the prediction is 1.
const THRESHOLD: f64 = 0.5;

/// The folder of the plots as seen from a card at `models/NAME/VERSION`.
const PLOTS_FROM_CARD: &str = "../../../docs/model";

/// What to train, on what, and where to keep it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// CSV file with the training data.
    pub data: PathBuf,
    /// The registry's folder.
    pub models: PathBuf,
    /// Folder for the plots of the model cards.
    pub docs: PathBuf,
    /// The kinds of model, one after the other. The default kind becomes the active one if it is
    /// among them, else the last.
    pub algorithms: Vec<Algorithm>,
}

/// Trains and saves the models and activates one of them; writes the figures to `out`.
///
/// The same data gives the same bytes: nothing that is saved depends on the time, the machine or
/// where the files are.
///
/// # Errors
/// Data that is not valid, a model that can't be fitted, or a folder that can't be written.
pub fn run(plan: &Plan, out: &mut impl Write) -> anyhow::Result<Vec<SavedModel>> {
    let data = Dataset::read(&plan.data)?;
    report::data(out, &data)?;
    let registry = Registry::new(&plan.models);
    let mut models = Vec::new();
    for algorithm in &plan.algorithms {
        let saved = train(&data, *algorithm, &registry, plan, out)
            .with_context(|| format!("can't train the model {}", algorithm.name()))?;
        models.push(saved);
    }
    let default = models.iter().find(|m| m.manifest.algorithm == Algorithm::DEFAULT);
    if let Some(active) = default.or(models.last()) {
        let id = id(active)?;
        registry.activate(&id)?;
        writeln!(out, "active    {id}")?;
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
    out: &mut impl Write,
) -> anyhow::Result<SavedModel> {
    let progress = report::progress(algorithm, Protocol::FULL);
    let validation = cross_validate(data, algorithm, Protocol::FULL, &progress)
        .context("cross-validation failed")?;
    progress.finish_and_clear();
    report::figures(out, algorithm, &validation.figures)?;
    let Fitted { pipeline, hyperparameters, conformal } =
        Pipeline::fit(algorithm, data.rows.view(), &data.outcomes)
            .context("can't fit the model on all rows")?;
    let overview = Overview::of(&pipeline, data.rows.view());
    let manifest = manifest(algorithm, data.source.clone(), validation.figures, hyperparameters);
    let saved = registry.save(manifest, &pipeline, &conformal, &overview)?;
    ensure!(saved.pipeline == pipeline, "the saved model is not the one that was trained");
    let card = Card::new(&saved, data, &validation);
    write_plots(&plan.docs.join(algorithm.name()), &card, &saved, data, &validation)?;
    let plots = format!("{PLOTS_FROM_CARD}/{}", algorithm.name());
    registry.save_card(&id(&saved)?, &card, &markdown(&card, &plots))?;
    report::saved(out, &registry.folder(&id(&saved)?), &saved)?;
    Ok(saved)
}

fn write_plots(
    folder: &Path,
    card: &Card,
    saved: &SavedModel,
    data: &Dataset,
    validation: &Validation,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    for (name, svg) in plots(card, saved, data, validation)? {
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
    data: DataSource,
    metrics: Figures,
    hyperparameters: BTreeMap<String, f64>,
) -> Manifest {
    let name = algorithm.name();
    Manifest {
        schema_version: SCHEMA_VERSION,
        name: name.to_owned(),
        version: String::new(),
        algorithm,
        hyperparameters,
        threshold: THRESHOLD,
        features: FeatureSpec::all(),
        data,
        metrics,
        training_command: format!("model-server train --model {name}"),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        artifacts: BTreeMap::new(),
    }
}
