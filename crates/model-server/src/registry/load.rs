//! Loads a version and verifies every byte before use.

use std::{cmp::Ordering, fs, io::ErrorKind, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{attribution::Conformal, explain::Overview, pipeline::Pipeline};

use super::{
    LoadError, Manifest, ModelId, Registry, SCHEMA_VERSION, SavedModel, sha256_hex,
    store::{
        ACTIVE, CALIBRATION, CARD_JSON, CARD_MARKDOWN, CONFORMAL, EXPLAINER, MANIFEST, MODEL,
        OVERVIEW, SCALER,
    },
};

impl Registry {
    /// The id of the active model.
    ///
    /// # Errors
    /// No model is saved, or `active.json` is damaged.
    pub fn active(&self) -> Result<ModelId, LoadError> {
        let path = self.root().join(ACTIVE);
        match fs::read(&path) {
            Ok(bytes) => parse(&path, &bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(LoadError::NoModel { folder: self.root().to_owned() })
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

    /// Loads a version and verifies all of it.
    ///
    /// # Errors
    /// A file can't be read, or the version is damaged, for other features, or of another release's
    /// schema.
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
        // Parts that don't take part in the score.
        let conformal: Conformal = artifact(&folder, CONFORMAL, &manifest)?;
        if !conformal.is_sound() {
            return Err(damaged(
                &folder.join(CONFORMAL),
                "its scores are not sorted, finite and of both outcomes",
            ));
        }
        let overview: Overview = artifact(&folder, OVERVIEW, &manifest)?;
        if let Some(why) = overview.mismatch() {
            return Err(damaged(&folder.join(OVERVIEW), why));
        }
        check_other_files(&folder, &manifest)?;
        Ok(SavedModel { manifest, pipeline, conformal, overview })
    }
}

/// The one field that every release can parse.
#[derive(Deserialize)]
struct Schema {
    schema_version: u64,
}

fn read_manifest(path: &Path, id: &ModelId) -> Result<Manifest, LoadError> {
    let bytes = read(path)?;
    check_schema_version(path, parse::<Schema>(path, &bytes)?.schema_version)?;
    // Only now the whole manifest: another schema may have other fields.
    let manifest: Manifest = parse(path, &bytes)?;
    let version =
        manifest.version_of_content().map_err(|error| damaged(path, error.to_string()))?;
    // The content must match its version, and the version its folder.
    if manifest.version != version {
        return Err(damaged(
            path,
            format!("its content has version {version}, but it states {}", manifest.version),
        ));
    }
    if (manifest.name.as_str(), manifest.version.as_str()) != (id.name(), id.version()) {
        return Err(damaged(
            path,
            format!("it belongs to {}/{version}, not to {id}", manifest.name),
        ));
    }
    // A sound model can still be for other features.
    match manifest.foreign_features() {
        Some(why) => Err(LoadError::Foreign { path: path.to_owned(), why }),
        None => Ok(manifest),
    }
}

/// Checks that this release supports the schema.
fn check_schema_version(path: &Path, found: u64) -> Result<(), LoadError> {
    let path = path.to_owned();
    let supported = SCHEMA_VERSION;
    match found.cmp(&supported) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(LoadError::Newer { path, found, supported }),
        Ordering::Less => Err(LoadError::Older { path, found, supported }),
    }
}

/// Reads an artifact and verifies its digest.
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
            Err(damaged(&path, format!("its SHA-256 is {found}, the manifest requires {expected}")))
        }
        None => Err(damaged(&path, "the manifest does not list it")),
    }
}

/// Checks that the parts are usable and belong together.
fn check_parts(folder: &Path, manifest: &Manifest, pipeline: &Pipeline) -> Result<(), LoadError> {
    let model = folder.join(MODEL);
    if pipeline.model.algorithm() != manifest.algorithm {
        return Err(damaged(&model, "its kind of model differs from the manifest's"));
    }
    if !pipeline.model.is_sound() {
        return Err(damaged(&model, "it contains unusable numbers"));
    }
    if !pipeline.preprocessor.is_for_features() {
        return Err(damaged(&folder.join(SCALER), "it is for another number of features"));
    }
    if !pipeline.calibration.is_sound() {
        return Err(damaged(&folder.join(CALIBRATION), "its slope is not positive"));
    }
    if !pipeline.explainer.belongs_to(&pipeline.model) {
        return Err(damaged(&folder.join(EXPLAINER), "its base value differs from the model's"));
    }
    if !manifest.risk_bands.surround(manifest.threshold) {
        let why = "its threshold is not between 0 and 1, or not between its risk bands";
        return Err(damaged(&folder.join(MANIFEST), why));
    }
    Ok(())
}

/// Checks that the version has the model card that its manifest lists, and no other file. Hidden
/// files are those of a copy in progress.
fn check_other_files(folder: &Path, manifest: &Manifest) -> Result<(), LoadError> {
    for (name, expected) in &manifest.card {
        let path = folder.join(name);
        if name != CARD_JSON && name != CARD_MARKDOWN {
            return Err(damaged(&path, "it is not a file of a model card"));
        }
        let found = sha256_hex(&read(&path)?);
        if *expected != found {
            let why = format!("its SHA-256 is {found}, the manifest requires {expected}");
            return Err(damaged(&path, why));
        }
    }
    let entries = fs::read_dir(folder);
    for entry in entries.map_err(|source| LoadError::Read { path: folder.to_owned(), source })? {
        let entry = entry.map_err(|source| LoadError::Read { path: folder.to_owned(), source })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Versions of earlier releases list no card.
        let earlier = manifest.card.is_empty() && (name == CARD_JSON || name == CARD_MARKDOWN);
        let listed = manifest.artifacts.contains_key(&name) || manifest.card.contains_key(&name);
        if !listed && !earlier && name != MANIFEST && !name.starts_with('.') {
            return Err(damaged(&entry.path(), "the manifest does not list it"));
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, LoadError> {
    serde_json::from_slice(bytes).map_err(|error| damaged(path, error.to_string()))
}

pub(super) fn damaged(path: &Path, why: impl Into<String>) -> LoadError {
    LoadError::Damaged { path: path.to_owned(), why: why.into() }
}
