//! Why a model was not loaded or saved: what, and where.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a saved model is refused.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Nothing is saved yet.
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
        /// What the system said.
        source: io::Error,
    },
    /// A file was changed, cut or mixed up after it was saved.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// A model for something else.
    #[error("{} is not for this server: {why}", path.display())]
    Foreign {
        /// The manifest.
        path: PathBuf,
        /// What does not fit.
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
        /// The one that can be read.
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
        /// The newest that can be read.
        supported: u64,
    },
}

/// Why a model could not be saved.
#[derive(Debug, Error)]
pub enum SaveError {
    /// A file or folder can't be written.
    #[error("can't write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A number that JSON can't hold.
    #[error("can't write {} as JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// What was written can't be read back.
    #[error("the saved model can't be loaded: {0}")]
    ReadBack(#[from] LoadError),
}
