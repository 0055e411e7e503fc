//! Saves a version atomically.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{attribution::Conformal, explain::Overview, pipeline::Pipeline};

use super::{
    Manifest, ModelId, Registry, SaveError, SavedModel,
    json::{to_indented_json, to_json},
    load::read,
    sha256_hex,
    store::{
        ACTIVE, CALIBRATION, CARD_JSON, CARD_MARKDOWN, CONFORMAL, EXPLAINER, MANIFEST, MODEL,
        OVERVIEW, SCALER,
    },
};

impl Registry {
    /// Saves a model under the version of its content, and loads it again. Fills in the manifest's
    /// version and artifacts. Idempotent: saving the same model again changes nothing.
    ///
    /// # Errors
    /// The folder can't be written, or the saved model can't be loaded.
    pub fn save(
        &self,
        mut manifest: Manifest,
        pipeline: &Pipeline,
        conformal: &Conformal,
        overview: &Overview,
    ) -> Result<SavedModel, SaveError> {
        let mut files = vec![
            (MODEL, json(MODEL, &pipeline.model)?),
            (SCALER, json(SCALER, &pipeline.preprocessor)?),
            (CALIBRATION, json(CALIBRATION, &pipeline.calibration)?),
            (EXPLAINER, json(EXPLAINER, &pipeline.explainer)?),
            (CONFORMAL, json(CONFORMAL, conformal)?),
            (OVERVIEW, json(OVERVIEW, overview)?),
        ];

        // The version is the hash of the manifest, which contains the hashes of the artifacts.
        manifest.artifacts =
            files.iter().map(|(name, bytes)| ((*name).to_owned(), sha256_hex(bytes))).collect();
        manifest.version = manifest.version_of_content().map_err(|e| not_json(MANIFEST, e))?;
        files.push((MANIFEST, indented(MANIFEST, &manifest)?));

        // A version that loads is complete: it is not written again.
        let id = ModelId::new(manifest.name.as_str(), manifest.version.as_str())
            .map_err(|error| not_json(MANIFEST, serde::ser::Error::custom(error)))?;
        match self.load(&id) {
            Ok(saved) => return Ok(saved),
            Err(error) if error.is_unknown() => return Err(error.into()),
            Err(_) => self.write(&id, &files)?,
        }
        Ok(self.load(&id)?)
    }

    /// Saves a model card with a version, as JSON and as Markdown, and lists both in its manifest.
    ///
    /// # Errors
    /// The version can't be read, the folder can't be written, or JSON can't represent a value.
    pub fn save_card(
        &self,
        id: &ModelId,
        card: &impl serde::Serialize,
        markdown: &str,
    ) -> Result<(), SaveError> {
        let folder = self.folder(id);
        let card = indented(CARD_JSON, card)?;
        let files = [(CARD_JSON, card.as_slice()), (CARD_MARKDOWN, markdown.as_bytes())];
        for (name, bytes) in files {
            replace_file(&folder.join(name), bytes)?;
        }
        self.edit_manifest(id, |manifest| {
            let digests = files.map(|(name, bytes)| (name.to_owned(), sha256_hex(bytes)));
            manifest.card.extend(digests);
        })
    }

    /// Names the commit that has trained a version. A version with another manifest has to be released,
    /// and signed, again.
    ///
    /// # Errors
    /// The version can't be read, or the folder can't be written.
    pub fn set_commit(&self, id: &ModelId, commit: Option<&str>) -> Result<(), SaveError> {
        self.edit_manifest(id, |manifest| manifest.commit = commit.map(str::to_owned))
    }

    /// Changes what is not part of the version.
    fn edit_manifest(
        &self,
        id: &ModelId,
        change: impl FnOnce(&mut Manifest),
    ) -> Result<(), SaveError> {
        let path = self.folder(id).join(MANIFEST);
        let mut manifest: Manifest =
            serde_json::from_slice(&read(&path)?).map_err(|e| not_json(MANIFEST, e))?;
        change(&mut manifest);
        replace_file(&path, &indented(MANIFEST, &manifest)?)
    }

    /// Names the active version atomically, for servers that start or reload from now on.
    pub(super) fn write_active(&self, id: &ModelId) -> Result<(), SaveError> {
        replace_file(&self.root().join(ACTIVE), &indented(ACTIVE, id)?)
    }

    /// Writes the files to a temporary folder and renames it.
    fn write(&self, id: &ModelId, files: &[(&str, Vec<u8>)]) -> Result<(), SaveError> {
        let target = self.folder(id);
        let new = temporary(&target);
        fs::create_dir_all(&new).map_err(|e| not_written(&new, e))?;
        for (name, bytes) in files {
            let path = new.join(name);
            write_durably(&path, bytes).map_err(|e| not_written(&path, e))?;
        }
        // A damaged version makes room, and is deleted only when it has been replaced.
        let old = temporary(&target);
        let replaced = match fs::rename(&target, &old) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(not_written(&target, error)),
        };
        fs::rename(&new, &target).map_err(|e| not_written(&target, e))?;
        if replaced {
            fs::remove_dir_all(&old).map_err(|e| not_written(&old, e))?;
        }
        Ok(())
    }
}

/// A hidden name beside `path` that no other writer uses.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{:016x}.new", rand::random::<u64>()))
}

/// Replaces a file atomically: readers and other writers see the old content or a whole new one.
fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
    let new = temporary(path);
    write_durably(&new, bytes)
        .and_then(|()| fs::rename(&new, path))
        .map_err(|source| not_written(path, source))
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn json(name: &str, value: &impl serde::Serialize) -> Result<Vec<u8>, SaveError> {
    to_json(value).map_err(|source| not_json(name, source))
}

fn indented(name: &str, value: &impl serde::Serialize) -> Result<Vec<u8>, SaveError> {
    to_indented_json(value).map_err(|source| not_json(name, source))
}

fn not_json(name: &str, source: serde_json::Error) -> SaveError {
    SaveError::Json { path: name.into(), source }
}

pub(super) fn not_written(path: &Path, source: io::Error) -> SaveError {
    SaveError::Write { path: path.to_owned(), source }
}
