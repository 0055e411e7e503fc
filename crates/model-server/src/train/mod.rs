//! Training: read, cross-validate, fit on everything, save. And validating again.

mod dataset;
mod evaluate;
mod folds;
mod metrics;
mod report;
mod validation;

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use anyhow::{Context as _, ensure};

use crate::{
    model::{Algorithm, Fitted, Pipeline},
    registry::{FeatureSpec, Manifest, ModelId, Registry, SCHEMA_VERSION, SavedModel},
};

pub use dataset::{DataError, DataProblem, DataSource, Dataset, OUTCOME};
pub use evaluate::{Evaluation, evaluate};
pub use folds::{Fold, TooFew, stratified};
pub use metrics::{CALIBRATION_BINS, brier, calibration_error, log_loss, roc_auc};
pub use validation::{Figures, Protocol, Spread, ValidationError, cross_validate};

/// From this probability on the prediction is 1.
const THRESHOLD: f64 = 0.5;

/// What to train, on what, and where to keep it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// CSV file with the training data.
    pub data: PathBuf,
    /// The registry's folder.
    pub models: PathBuf,
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
        let saved = train(&data, *algorithm, &registry, out)
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
    out: &mut impl Write,
) -> anyhow::Result<SavedModel> {
    let figures =
        cross_validate(data, algorithm, Protocol::FULL).context("cross-validation failed")?;
    report::figures(out, algorithm, &figures)?;
    let Fitted { pipeline, hyperparameters } =
        Pipeline::fit(algorithm, data.rows.view(), &data.outcomes)
            .context("can't fit the model on all rows")?;
    let saved = registry
        .save(manifest(algorithm, data.source.clone(), figures, hyperparameters), &pipeline)?;
    ensure!(saved.pipeline == pipeline, "the saved model is not the one that was trained");
    report::saved(out, &registry.folder(&id(&saved)?), &saved)?;
    Ok(saved)
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
