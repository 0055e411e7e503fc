//! Tests of the registry on folders of its own.

mod damage;
mod governance;
mod parts;
mod saving;

use std::{fs, path::Path};

use ndarray::Array2;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    explain::Overview,
    model::{Algorithm, RiskBands},
    pipeline::{Fitted, Pipeline},
};

use super::{
    Author, DataSource, FeatureSpec, Figures, Manifest, ModelId, Registry, SCHEMA_VERSION,
    SavedModel, Spread, ThresholdRule,
    json::to_indented_json,
    sha256_hex,
    store::{CALIBRATION, CONFORMAL, EXPLAINER, MANIFEST, MODEL, OVERVIEW, SCALER},
};

/// A fitted model of this kind with its overview.
fn fitted(algorithm: Algorithm) -> (Fitted, Overview) {
    let rows = Array2::from_shape_fn((80, 8), |(i, j)| ((i * (j + 3)) % 17) as f64);
    let outcomes: Vec<bool> = (0..80).map(|i| (i * 3) % 17 > 8).collect();
    let fitted = Pipeline::fit(algorithm, rows.view(), &outcomes).unwrap();
    let overview = Overview::of(&fitted.pipeline, rows.view());
    (fitted, overview)
}

fn save(registry: &Registry, algorithm: Algorithm) -> SavedModel {
    let (Fitted { pipeline, conformal, .. }, overview) = fitted(algorithm);
    let name = algorithm.name().to_owned();
    let manifest = Manifest { name, algorithm, ..manifest() };
    registry.save(manifest, &pipeline, &conformal, &overview).unwrap()
}

fn manifest() -> Manifest {
    let spread = Spread { mean: 0.8, sd_folds: 0.02, sd_repeats: None };
    Manifest {
        schema_version: SCHEMA_VERSION,
        name: "logistic".to_owned(),
        version: String::new(),
        algorithm: Algorithm::Logistic,
        hyperparameters: [("l2".to_owned(), 1.0)].into(),
        threshold: 0.5,
        risk_bands: RiskBands { medium: 0.3, high: 0.6 },
        threshold_rule: ThresholdRule::DEFAULT,
        features: FeatureSpec::all(),
        data: DataSource { file: "t.csv".into(), sha256: sha256_hex(b""), rows: 40, positives: 20 },
        metrics: Figures {
            folds: 5,
            repeats: 1,
            roc_auc: spread,
            brier: spread,
            log_loss: spread,
            calibration_error: 0.03,
            calibration_error_pooled: 0.03,
        },
        training_command: "model-server train".to_owned(),
        code_version: "0.1.0".to_owned(),
        commit: None,
        artifacts: std::collections::BTreeMap::new(),
        card: std::collections::BTreeMap::new(),
    }
}

/// The artifacts and the manifest that lists them.
const FILES: [&str; 7] = [MANIFEST, MODEL, SCALER, CALIBRATION, EXPLAINER, CONFORMAL, OVERVIEW];

/// A registry with one active model.
fn saved() -> (TempDir, Registry, ModelId) {
    saved_of(Algorithm::Logistic)
}

fn saved_of(algorithm: Algorithm) -> (TempDir, Registry, ModelId) {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::new(dir.path().join("models"));
    let model = save(&registry, algorithm);
    let id = ModelId::new(model.manifest.name, model.manifest.version).unwrap();
    registry.release(&id, &author()).unwrap();
    (dir, registry, id)
}

fn author() -> Author {
    Author { who: "Ada".to_owned(), why: "a test".to_owned() }
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, serde_json::to_vec(&value).unwrap()).unwrap();
}

/// Gives a changed manifest the version of its content, as a skilled forger would.
fn reseal(registry: &Registry, id: &ModelId, change: impl FnOnce(&mut Manifest)) -> ModelId {
    let mut manifest = registry.load(id).unwrap().manifest;
    change(&mut manifest);
    manifest.version = manifest.version_of_content().unwrap();
    let new = ModelId::new(manifest.name.as_str(), manifest.version.as_str()).unwrap();
    fs::rename(registry.folder(id), registry.folder(&new)).unwrap();
    fs::write(registry.folder(&new).join(MANIFEST), to_indented_json(&manifest).unwrap()).unwrap();
    new
}

/// A second version beside the active one.
fn candidate(registry: &Registry) -> ModelId {
    let (Fitted { pipeline, conformal, .. }, overview) = fitted(Algorithm::Logistic);
    let manifest = Manifest { threshold: 0.4, ..manifest() };
    let saved = registry.save(manifest, &pipeline, &conformal, &overview).unwrap();
    ModelId::new(saved.manifest.name, saved.manifest.version).unwrap()
}
