//! Writing a version: complete or not at all.

use std::{fs, io::Write, path::Path};

use crate::{attribution::Conformal, explain::Overview, pipeline::Pipeline};

use super::{
    Manifest, ModelId, Registry, SaveError, SavedModel, sha256_hex,
    store::{
        ACTIVE, CALIBRATION, CARD_JSON, CARD_MARKDOWN, CONFORMAL, EXPLAINER, MANIFEST, MODEL,
        OVERVIEW, SCALER, to_json,
    },
};

impl Registry {
    /// Saves a model under the version of its content, and reads it back. The manifest's version
    /// and artifacts are filled in here. Saving the same model again changes nothing.
    ///
    /// # Errors
    /// A folder that can't be written, or a model that does not survive the round trip.
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
        manifest.artifacts =
            files.iter().map(|(name, bytes)| ((*name).to_owned(), sha256_hex(bytes))).collect();
        manifest.version = manifest.version_of_content().map_err(|e| not_json(MANIFEST, e))?;
        files.push((MANIFEST, json(MANIFEST, &manifest)?));

        let id = ModelId::new(manifest.name.as_str(), manifest.version.as_str())
            .map_err(|error| not_json(MANIFEST, serde::ser::Error::custom(error)))?;
        if let Ok(saved) = self.load(&id) {
            return Ok(saved);
        }
        self.write(&id, &files)?;
        Ok(self.load(&id)?)
    }

    /// Puts a model card beside a version, as JSON and as Markdown.
    ///
    /// # Errors
    /// A folder that can't be written, or a number that JSON can't hold.
    pub fn save_card(
        &self,
        id: &ModelId,
        card: &impl serde::Serialize,
        markdown: &str,
    ) -> Result<(), SaveError> {
        let folder = self.folder(id);
        write_file(&folder.join(CARD_JSON), &json(CARD_JSON, card)?)?;
        write_file(&folder.join(CARD_MARKDOWN), markdown.as_bytes())
    }

    /// Makes a version the one that is served from the next start on.
    ///
    /// # Errors
    /// A version that can't be loaded, or a folder that can't be written.
    pub fn activate(&self, id: &ModelId) -> Result<(), SaveError> {
        self.load(id)?;
        let (path, new) = (self.root.join(ACTIVE), self.root.join(".active.json.new"));
        write_file(&new, &json(ACTIVE, id)?)?;
        fs::rename(&new, &path).map_err(|source| SaveError::Write { path, source })
    }

    /// Writes into a folder of its own, then gives it its name.
    fn write(&self, id: &ModelId, files: &[(&str, Vec<u8>)]) -> Result<(), SaveError> {
        let target = self.folder(id);
        let new = self.root.join(id.name()).join(format!(".{}.new", id.version()));
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
    let write = || {
        let mut file = fs::File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| not_written(path, source))
}

fn json(name: &str, value: &impl serde::Serialize) -> Result<Vec<u8>, SaveError> {
    to_json(value).map_err(|source| not_json(name, source))
}

fn not_json(name: &str, source: serde_json::Error) -> SaveError {
    SaveError::Json { path: name.into(), source }
}

fn not_written(path: &Path, source: std::io::Error) -> SaveError {
    SaveError::Write { path: path.to_owned(), source }
}
