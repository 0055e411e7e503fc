//! Saves a version atomically.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use crate::{attribution::Conformal, explain::Overview, pipeline::Pipeline};

use super::{
    Manifest, ModelId, Registry, SaveError, SavedModel,
    json::{to_indented_json, to_json},
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
        if let Ok(saved) = self.load(&id) {
            return Ok(saved);
        }
        self.write(&id, &files)?;
        Ok(self.load(&id)?)
    }

    /// Saves a model card next to a version, as JSON and as Markdown.
    ///
    /// # Errors
    /// The folder can't be written, or JSON can't represent a value.
    pub fn save_card(
        &self,
        id: &ModelId,
        card: &impl serde::Serialize,
        markdown: &str,
    ) -> Result<(), SaveError> {
        let folder = self.folder(id);
        write_file(&folder.join(CARD_JSON), &indented(CARD_JSON, card)?)?;
        write_file(&folder.join(CARD_MARKDOWN), markdown.as_bytes())
    }

    /// Activates a version atomically, for servers that start or reload from now on.
    ///
    /// # Errors
    /// The version can't be loaded, or the folder can't be written.
    pub fn activate(&self, id: &ModelId) -> Result<(), SaveError> {
        // A version that can't be loaded must not become active.
        self.load(id)?;
        let path = self.root().join(ACTIVE);
        let new = self.root().join(".active.json.new");
        write_file(&new, &indented(ACTIVE, id)?)?;
        // Renaming is atomic: readers see the old file or the new one.
        fs::rename(&new, &path).map_err(|source| SaveError::Write { path, source })
    }

    /// Writes the files to a temporary folder and renames it.
    fn write(&self, id: &ModelId, files: &[(&str, Vec<u8>)]) -> Result<(), SaveError> {
        let target = self.folder(id);
        let new = self.root().join(id.name()).join(format!(".{}.new", id.version()));
        // Remains of an interrupted save, or a damaged version.
        for stale in [&new, &target] {
            if stale.exists() {
                fs::remove_dir_all(stale).map_err(|e| not_written(stale, e))?;
            }
        }
        fs::create_dir_all(&new).map_err(|e| not_written(&new, e))?;
        for (name, bytes) in files {
            write_file(&new.join(name), bytes)?;
        }
        fs::rename(&new, &target).map_err(|e| not_written(&target, e))
    }
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
    write_durably(path, bytes).map_err(|source| not_written(path, source))
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

fn not_written(path: &Path, source: io::Error) -> SaveError {
    SaveError::Write { path: path.to_owned(), source }
}
