//! Errors of loading and saving models, with the file concerned.

use std::{io, path::PathBuf};

use thiserror::Error;
use vitals_core::domain::rejection::Rejection;

use super::ModelId;

/// An error of loading a model.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No model is saved yet.
    #[error(
        "no model is saved in {}: run `model-server train`, or set model_server.models_dir to a \
         folder with one", folder.display()
    )]
    NoModel {
        /// The registry's folder.
        folder: PathBuf,
    },
    /// A file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file was changed, truncated or mixed up after it was saved.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The mismatch.
        why: String,
    },
    /// A version without a signature, although one is required.
    #[error(
        "{id} is not signed: {} is missing, and model_server.public_key requires it", path.display()
    )]
    Unsigned {
        /// The version.
        id: ModelId,
        /// The file of the signature.
        path: PathBuf,
    },
    /// A signature that the configured key did not make over this manifest.
    #[error("the signature of {id} is refused: {}: {why}", path.display())]
    Signature {
        /// The version.
        id: ModelId,
        /// The file of the signature.
        path: PathBuf,
        /// The reason.
        why: &'static str,
    },
    /// A model for other features.
    #[error("{} is not for this server: {why}", path.display())]
    Foreign {
        /// The manifest.
        path: PathBuf,
        /// The mismatch.
        why: String,
    },
    /// Written by an earlier release.
    #[error(
        "{} has schema version {found}, this server reads {supported}: train again", path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u64,
        /// The supported schema version.
        supported: u64,
    },
    /// Written by a later release.
    #[error(
        "{} has schema version {found}, this server reads up to {supported}: use a newer server \
         or train again", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u64,
        /// The newest supported schema version.
        supported: u64,
    },
}

impl LoadError {
    /// Returns true if the operating system refused to read what exists, so that nothing is known
    /// about it: it must neither be replaced nor be deleted.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() != io::ErrorKind::NotFound)
    }
}

/// An error of saving a model.
#[derive(Debug, Error)]
pub enum SaveError {
    /// A file or folder can't be written.
    #[error("can't write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A value that JSON can't represent.
    #[error("can't write {} as JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The encoding error.
        source: serde_json::Error,
    },
    /// A value of an event is invalid, such as an empty name.
    #[error("the step can't be recorded: {0}")]
    Event(#[from] Rejection),
    /// The saved model can't be read back.
    #[error("the saved model can't be loaded: {0}")]
    ReadBack(#[from] LoadError),
}
