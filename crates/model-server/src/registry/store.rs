//! The registry's folder and the files in it.

use std::path::{Path, PathBuf};

use super::{ModelId, PublicKey};

/// The file that names the active model.
pub(super) const ACTIVE: &str = "active.json";
/// The ledger.
pub(super) const EVENTS: &str = "events.jsonl";
pub(super) const MANIFEST: &str = "manifest.json";
/// The signature of the manifest, as minisign names it.
pub(super) const SIGNATURE: &str = "manifest.json.minisig";
pub(super) const MODEL: &str = "model.json";
pub(super) const SCALER: &str = "scaler.json";
pub(super) const CALIBRATION: &str = "calibration.json";
pub(super) const EXPLAINER: &str = "explainer.json";
pub(super) const CONFORMAL: &str = "conformal.json";
pub(super) const OVERVIEW: &str = "overview.json";
/// The model card, which loading a model verifies and does not parse.
pub const CARD_JSON: &str = "card.json";
pub(super) const CARD_MARKDOWN: &str = "card.md";

/// A folder of saved models.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
    public_key: Option<PublicKey>,
}

impl Registry {
    /// The registry in a folder, which need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), public_key: None }
    }

    /// The same registry, which loads only versions that are signed with this key, if one is given.
    #[must_use]
    pub fn signed_with(self, public_key: Option<PublicKey>) -> Self {
        Self { public_key, ..self }
    }

    pub(super) fn public_key(&self) -> Option<&PublicKey> {
        self.public_key.as_ref()
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
