//! A folder of saved models.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use vitals_core::domain::features::Features;

use crate::{
    attribution::Conformal,
    explain::{Counterfactual, Overview, counterfactual},
    pipeline::Pipeline,
};

use super::{ModelId, manifest::Manifest};

/// The file that names the active model.
pub(super) const ACTIVE: &str = "active.json";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const MODEL: &str = "model.json";
pub(super) const SCALER: &str = "scaler.json";
pub(super) const CALIBRATION: &str = "calibration.json";
pub(super) const EXPLAINER: &str = "explainer.json";
pub(super) const CONFORMAL: &str = "conformal.json";
pub(super) const OVERVIEW: &str = "overview.json";
/// The model card, which no server reads.
pub const CARD_JSON: &str = "card.json";
pub(super) const CARD_MARKDOWN: &str = "card.md";

/// A folder with saved models.
#[derive(Debug, Clone)]
pub struct Registry {
    pub(super) root: PathBuf,
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
/// is nested deeper than [`LEVELS`](super::json::LEVELS) stays on its line, so that a tree is a line.
pub(super) fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut bytes, super::json::Shallow::default());
    value.serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
