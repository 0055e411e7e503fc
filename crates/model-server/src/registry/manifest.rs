//! The manifest: identity, origin and figures of a saved model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitals_core::domain::features::{FEATURES, Feature};

use crate::model::{Algorithm, RiskBands};

use super::{DataSource, Figures, ThresholdRule, json::to_indented_json, sha256_hex};

/// The schema version this release writes and reads.
pub const SCHEMA_VERSION: u64 = 3;

/// Hexadecimal digits of a version.
const VERSION_DIGITS: usize = 12;

/// The manifest of one version of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the schema.
    pub schema_version: u64,
    /// The model's name.
    pub name: String,
    /// First digits of the SHA-256 of this manifest with an empty version.
    pub version: String,
    /// The kind of model.
    pub algorithm: Algorithm,
    /// Hyperparameters by name.
    pub hyperparameters: BTreeMap<String, f64>,
    /// Smallest probability of prediction 1: the operating threshold.
    pub threshold: f64,
    /// Bounds of the risk levels.
    pub risk_bands: RiskBands,
    /// The rule that threshold and bands were chosen by.
    pub threshold_rule: ThresholdRule,
    /// The features in the order of the weights.
    pub features: Vec<FeatureSpec>,
    /// The training data.
    pub data: DataSource,
    /// Figures under cross-validation.
    pub metrics: Figures,
    /// The command that reproduces it from the same data.
    pub training_command: String,
    /// Version of the program that trained it.
    pub code_version: String,
    /// Commit of the source that trained it, with the suffix `-dirty` if files had changed since.
    /// Absent if it was trained outside a repository. Not part of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// SHA-256 of every file that is loaded.
    pub artifacts: BTreeMap<String, String>,
    /// SHA-256 of the files of the model card. Not part of the version, which the card names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub card: BTreeMap<String, String>,
}

/// A feature as the model knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    /// Name in a request.
    pub name: String,
    /// Unit, empty for a count or a score.
    pub unit: String,
    /// Smallest value accepted.
    pub min: f64,
    /// Largest value accepted.
    pub max: f64,
    /// True if zero means "not measured".
    pub zero_means_missing: bool,
}

impl FeatureSpec {
    /// All features of this release.
    #[must_use]
    pub fn all() -> Vec<Self> {
        FEATURES.iter().map(Self::of).collect()
    }

    fn of(feature: &Feature) -> Self {
        Self {
            name: feature.name.to_owned(),
            unit: feature.unit.to_owned(),
            min: feature.min,
            max: feature.max,
            zero_means_missing: feature.zero_means_missing,
        }
    }
}

impl Manifest {
    /// The version that belongs to this content.
    ///
    /// # Errors
    /// JSON can't represent a value.
    pub fn version_of_content(&self) -> Result<String, serde_json::Error> {
        // The version is part of the manifest, so it is empty for its own hash.
        let unnamed =
            Self { version: String::new(), commit: None, card: BTreeMap::new(), ..self.clone() };
        let mut digest = sha256_hex(&to_indented_json(&unnamed)?);
        digest.truncate(VERSION_DIGITS);
        Ok(digest)
    }

    /// The difference between the model's features and those of this release, if any.
    #[must_use]
    pub fn foreign_features(&self) -> Option<String> {
        let ours = FeatureSpec::all();
        if self.features.len() != ours.len() {
            return Some(format!("it has {} features, not {}", self.features.len(), ours.len()));
        }
        let other =
            self.features.iter().zip(&ours).zip(1..).find(|((theirs, ours), _)| theirs != ours);
        other.map(|((theirs, ours), number)| {
            format!("feature {number} is {}, expected {}", describe(theirs), describe(ours))
        })
    }
}

fn describe(feature: &FeatureSpec) -> String {
    let FeatureSpec { name, unit, min, max, zero_means_missing } = feature;
    let zero = if *zero_means_missing { ", zero for not measured" } else { "" };
    format!("{name} ({min} to {max} {unit}{zero})")
}
