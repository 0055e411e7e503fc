//! Training: read, cross-validate, fit on everything, save.

mod dataset;
mod folds;
mod metrics;
mod report;
mod validation;

use std::{io::Write, path::PathBuf};

use anyhow::{Context as _, ensure};

use crate::{
    model::{Algorithm, L2, Pipeline},
    registry::{FeatureSpec, Manifest, ModelId, Registry, SCHEMA_VERSION, SavedModel},
};

pub use dataset::{DataError, DataProblem, DataSource, Dataset, OUTCOME};
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
    /// The kind of model.
    pub algorithm: Algorithm,
}

/// Trains, saves and activates a model; writes the figures to `out`.
///
/// The same data gives the same bytes: nothing that is saved depends on the time, the machine or
/// where the files are.
///
/// # Errors
/// Data that is not valid, a model that can't be fitted, or a folder that can't be written.
pub fn run(plan: &Plan, out: &mut impl Write) -> anyhow::Result<SavedModel> {
    let data = Dataset::read(&plan.data)?;
    report::data(out, &data)?;
    let figures =
        cross_validate(&data, plan.algorithm, Protocol::FULL).context("cross-validation failed")?;
    report::figures(out, plan.algorithm, &figures)?;

    let pipeline = Pipeline::fit(plan.algorithm, data.rows.view(), &data.outcomes)
        .context("can't fit the model on all rows")?;
    let registry = Registry::new(&plan.models);
    let saved = registry.save(manifest(plan.algorithm, data.source, figures), &pipeline)?;
    ensure!(saved.pipeline == pipeline, "the saved model is not the one that was trained");
    let id = ModelId::new(saved.manifest.name.as_str(), saved.manifest.version.as_str())?;
    registry.activate(&id)?;
    report::saved(out, &registry.folder(&id), &saved)?;
    Ok(saved)
}

fn manifest(algorithm: Algorithm, data: DataSource, metrics: Figures) -> Manifest {
    let name = algorithm.name();
    let hyperparameters = match algorithm {
        Algorithm::Logistic => [("l2".to_owned(), L2)].into(),
    };
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
        artifacts: std::collections::BTreeMap::new(),
    }
}
