//! Reading a version: every byte checked before anything is calculated with it.

use std::{cmp::Ordering, fs, io::ErrorKind, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{attribution::Conformal, explain::Overview, pipeline::Pipeline};

use super::{
    LoadError, Manifest, ModelId, Registry, SCHEMA_VERSION, SavedModel, sha256_hex,
    store::{ACTIVE, CALIBRATION, CONFORMAL, EXPLAINER, MANIFEST, MODEL, OVERVIEW, SCALER},
};

impl Registry {
    /// The model and version that is served.
    ///
    /// # Errors
    /// Nothing saved, or a file that does not name a version.
    pub fn active(&self) -> Result<ModelId, LoadError> {
        let path = self.root.join(ACTIVE);
        match fs::read(&path) {
            Ok(bytes) => parse(&path, &bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(LoadError::NoModel { folder: self.root.clone() })
            }
            Err(source) => Err(LoadError::Read { path, source }),
        }
    }

    /// Loads the active model.
    ///
    /// # Errors
    /// As [`active`](Self::active) and [`load`](Self::load).
    pub fn load_active(&self) -> Result<SavedModel, LoadError> {
        self.load(&self.active()?)
    }

    /// Loads one version and checks all of it.
    ///
    /// # Errors
    /// A file that can't be read; a version that is damaged, for other features, or written by a
    /// later release.
    pub fn load(&self, id: &ModelId) -> Result<SavedModel, LoadError> {
        let folder = self.folder(id);
        let manifest = read_manifest(&folder.join(MANIFEST), id)?;
        let pipeline = Pipeline {
            preprocessor: artifact(&folder, SCALER, &manifest)?,
            model: artifact(&folder, MODEL, &manifest)?,
            calibration: artifact(&folder, CALIBRATION, &manifest)?,
            explainer: artifact(&folder, EXPLAINER, &manifest)?,
        };
        check_parts(&folder, &manifest, &pipeline)?;
        let conformal: Conformal = artifact(&folder, CONFORMAL, &manifest)?;
        if !conformal.is_sound() {
            return Err(damaged(&folder.join(CONFORMAL), "its scores can't be compared with"));
        }
        let overview: Overview = artifact(&folder, OVERVIEW, &manifest)?;
        if let Some(why) = overview.problem() {
            return Err(damaged(&folder.join(OVERVIEW), why));
        }
        Ok(SavedModel { manifest, pipeline, conformal, overview })
    }
}

/// The one field that every release can read.
#[derive(Deserialize)]
struct Schema {
    schema_version: u64,
}

fn read_manifest(path: &Path, id: &ModelId) -> Result<Manifest, LoadError> {
    let bytes = read(path)?;
    let found = parse::<Schema>(path, &bytes)?.schema_version;
    let supported = SCHEMA_VERSION;
    match found.cmp(&supported) {
        Ordering::Equal => {}
        Ordering::Greater => {
            return Err(LoadError::Newer { path: path.to_owned(), found, supported });
        }
        Ordering::Less => return Err(LoadError::Older { path: path.to_owned(), found, supported }),
    }
    let manifest: Manifest = parse(path, &bytes)?;
    let version =
        manifest.version_of_content().map_err(|error| damaged(path, error.to_string()))?;
    if manifest.version != version {
        return Err(damaged(
            path,
            format!("its content has version {version}, it says {}", manifest.version),
        ));
    }
    if (manifest.name.as_str(), manifest.version.as_str()) != (id.name(), id.version()) {
        return Err(damaged(path, format!("it is of {}/{version}, not of {id}", manifest.name)));
    }
    match manifest.foreign_features() {
        Some(why) => Err(LoadError::Foreign { path: path.to_owned(), why }),
        None => Ok(manifest),
    }
}

fn artifact<T: DeserializeOwned>(
    folder: &Path,
    name: &str,
    manifest: &Manifest,
) -> Result<T, LoadError> {
    let path = folder.join(name);
    let bytes = read(&path)?;
    let found = sha256_hex(&bytes);
    match manifest.artifacts.get(name) {
        Some(expected) if *expected == found => parse(&path, &bytes),
        Some(expected) => {
            Err(damaged(&path, format!("its SHA-256 is {found}, the manifest says {expected}")))
        }
        None => Err(damaged(&path, "the manifest does not name it")),
    }
}

/// Whether the parts belong together.
fn check_parts(folder: &Path, manifest: &Manifest, pipeline: &Pipeline) -> Result<(), LoadError> {
    let model = folder.join(MODEL);
    if pipeline.model.algorithm() != manifest.algorithm {
        return Err(damaged(&model, "it is of another kind than the manifest says"));
    }
    if !pipeline.model.is_sound() {
        return Err(damaged(&model, "it can't be calculated with"));
    }
    if !pipeline.preprocessor.is_for_features() {
        return Err(damaged(&folder.join(SCALER), "it is for another number of features"));
    }
    if !pipeline.calibration.is_sound() {
        return Err(damaged(&folder.join(CALIBRATION), "its slope does not rise"));
    }
    if !pipeline.explainer.belongs_to(&pipeline.model) {
        return Err(damaged(&folder.join(EXPLAINER), "its base value is not that of the model"));
    }
    if !(0.0..=1.0).contains(&manifest.threshold) {
        return Err(damaged(&folder.join(MANIFEST), "its threshold is not from 0 to 1"));
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, LoadError> {
    serde_json::from_slice(bytes).map_err(|error| damaged(path, error.to_string()))
}

fn damaged(path: &Path, why: impl Into<String>) -> LoadError {
    LoadError::Damaged { path: path.to_owned(), why: why.into() }
}
