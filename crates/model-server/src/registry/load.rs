//! Loads a version and verifies every byte before use.

use std::{cmp::Ordering, fs, io::ErrorKind, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{attribution::Conformal, explain::Overview, pipeline::Pipeline};

use super::{
    LoadError, Manifest, ModelId, Registry, SCHEMA_VERSION, SavedModel, SignatureState, sha256_hex,
    store::{
        ACTIVE, CALIBRATION, CARD_JSON, CARD_MARKDOWN, CONFORMAL, EXPLAINER, MANIFEST, MODEL,
        OVERVIEW, SCALER, SIGNATURE,
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
    /// A file can't be read, or the version is damaged, not signed with the registry's key, for other
    /// features, or of another release's schema.
    pub fn load(&self, id: &ModelId) -> Result<SavedModel, LoadError> {
        let folder = self.folder(id);
        let path = folder.join(MANIFEST);
        let bytes = read(&path)?;
        // Before the content is used for anything.
        let signature = self.check_signature(id, &bytes)?;
        let manifest = parse_manifest(&path, &bytes, id)?;
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
        check_other_files(&folder, &manifest, signature)?;
        Ok(SavedModel { manifest, pipeline, conformal, overview, signature })
    }

    /// Verifies the signature of a manifest, if the registry has a key.
    fn check_signature(&self, id: &ModelId, manifest: &[u8]) -> Result<SignatureState, LoadError> {
        let path = self.folder(id).join(SIGNATURE);
        let Some(key) = self.public_key() else {
            let present = path.exists();
            return Ok(if present { SignatureState::NotChecked } else { SignatureState::Absent });
        };
        let signature = match fs::read(&path) {
            Ok(signature) => signature,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(LoadError::Unsigned { id: id.clone(), path });
            }
            Err(source) => return Err(LoadError::Read { path, source }),
        };
        match key.verify(manifest, &signature) {
            Ok(()) => Ok(SignatureState::Valid),
            Err(why) => Err(LoadError::Signature { id: id.clone(), path, why }),
        }
    }

    /// Reads the model card of a loaded version, as JSON.
    ///
    /// # Errors
    /// The version has no card, or the card can't be read or is not the one that was loaded with it.
    pub fn card(&self, id: &ModelId, manifest: &Manifest) -> Result<Vec<u8>, LoadError> {
        let path = self.folder(id).join(CARD_JSON);
        let bytes = read(&path)?;
        // Versions of earlier releases list no card.
        if !manifest.card.is_empty() {
            check_digest(&path, &bytes, manifest.card.get(CARD_JSON))?;
        }
        Ok(bytes)
    }
}

/// The one field that every release can parse.
#[derive(Deserialize)]
struct Schema {
    schema_version: u64,
}

fn parse_manifest(path: &Path, bytes: &[u8], id: &ModelId) -> Result<Manifest, LoadError> {
    check_schema_version(path, parse::<Schema>(path, bytes)?.schema_version)?;
    // Only now the whole manifest: another schema may have other fields.
    let manifest: Manifest = parse(path, bytes)?;
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
    check_digest(&path, &bytes, manifest.artifacts.get(name))?;
    parse(&path, &bytes)
}

/// Compares a file with its digest in the manifest.
fn check_digest(path: &Path, bytes: &[u8], expected: Option<&String>) -> Result<(), LoadError> {
    let Some(expected) = expected else {
        return Err(damaged(path, "the manifest does not list it"));
    };
    let found = sha256_hex(bytes);
    if *expected == found {
        return Ok(());
    }
    Err(damaged(path, format!("its SHA-256 is {found}, the manifest requires {expected}")))
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

/// Checks that the version has the model card that its manifest lists, and no other file but the
/// signature. Hidden files are those of a copy in progress.
fn check_other_files(
    folder: &Path,
    manifest: &Manifest,
    signature: SignatureState,
) -> Result<(), LoadError> {
    for (name, expected) in &manifest.card {
        let path = folder.join(name);
        if name != CARD_JSON && name != CARD_MARKDOWN {
            return Err(damaged(&path, "it is not a file of a model card"));
        }
        check_digest(&path, &read(&path)?, Some(expected))?;
    }
    let entries = fs::read_dir(folder);
    for entry in entries.map_err(|source| LoadError::Read { path: folder.to_owned(), source })? {
        let entry = entry.map_err(|source| LoadError::Read { path: folder.to_owned(), source })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Versions of earlier releases list no card. A signature covers only what is listed.
        let earlier = signature != SignatureState::Valid
            && manifest.card.is_empty()
            && (name == CARD_JSON || name == CARD_MARKDOWN);
        let listed = manifest.artifacts.contains_key(&name) || manifest.card.contains_key(&name);
        let known = [MANIFEST, SIGNATURE].contains(&name.as_str());
        if !listed && !earlier && !known && !name.starts_with('.') {
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
