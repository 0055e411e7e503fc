//! Saved models: a folder per model and version, checked whole when loaded.
//!
//! ```text
//! models/active.json                      which model and version is served
//! models/logistic/3f1c0a9b2d4e/manifest.json     what it is, and the SHA-256 of the others
//! models/logistic/3f1c0a9b2d4e/model.json        weights
//! models/logistic/3f1c0a9b2d4e/scaler.json       imputer and scaler
//! models/logistic/3f1c0a9b2d4e/calibration.json  slope and intercept of the score
//! models/logistic/3f1c0a9b2d4e/explainer.json    background and base value
//! models/logistic/3f1c0a9b2d4e/conformal.json    scores that prediction sets are made from
//! models/logistic/3f1c0a9b2d4e/overview.json     importance and dependence of every feature
//! models/logistic/3f1c0a9b2d4e/card.json, .md    the model card, for people; not loaded
//! ```
//!
//! The version is the hash of the manifest's content, which holds the hashes of the artifacts:
//! one changed byte anywhere and the version is not the folder's name any more.

mod error;
mod id;
mod json;
mod list;
mod load;
mod manifest;
mod save;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use vitals_core::domain::features::Features;

use crate::{
    explain::{Conformal, Counterfactual, Overview, counterfactual},
    model::Pipeline,
};

pub use error::{LoadError, SaveError};
pub use id::ModelId;
pub use manifest::{FeatureSpec, Manifest, SCHEMA_VERSION};

/// The file that names the active model.
const ACTIVE: &str = "active.json";
const MANIFEST: &str = "manifest.json";
const MODEL: &str = "model.json";
const SCALER: &str = "scaler.json";
const CALIBRATION: &str = "calibration.json";
const EXPLAINER: &str = "explainer.json";
const CONFORMAL: &str = "conformal.json";
const OVERVIEW: &str = "overview.json";
/// The model card, which no server reads.
pub const CARD_JSON: &str = "card.json";
const CARD_MARKDOWN: &str = "card.md";

/// A folder with saved models.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
}

/// A model with what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedModel {
    /// What it is and where it is from.
    pub manifest: Manifest,
    /// What calculates.
    pub pipeline: Pipeline,
    /// What prediction sets are made from.
    pub conformal: Conformal,
    /// What it has learnt, over all training rows.
    pub overview: Overview,
}

impl SavedModel {
    /// The smallest change that takes a prediction over the model's threshold.
    #[must_use]
    pub fn counterfactual(&self, features: &Features) -> Counterfactual {
        let observed = self.overview.observed();
        counterfactual(&self.pipeline, &observed, features, self.manifest.threshold)
    }
}

impl Registry {
    /// The registry in this folder, which need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The registry's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one version.
    #[must_use]
    pub fn folder(&self, id: &ModelId) -> PathBuf {
        self.root.join(id.name()).join(id.version())
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON as it is saved: keys in the order of the struct, a newline at the end; indented, but what
/// is nested deeper than [`json::LEVELS`] stays on its line, so that a tree is a line.
fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut bytes, json::Shallow::default());
    value.serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(bytes)
}
