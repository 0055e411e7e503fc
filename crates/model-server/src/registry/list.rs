//! What is saved.

use std::{fs, io::ErrorKind, path::Path};

use super::{LoadError, ModelId, Registry};

impl Registry {
    /// Every version of every model, by name and version; whether they are sound is not looked at.
    /// A folder whose name can't be that of a model or version is passed over.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn list(&self) -> Result<Vec<ModelId>, LoadError> {
        let mut ids = Vec::new();
        for name in folders(self.root())? {
            for version in folders(&self.root().join(&name))? {
                ids.extend(ModelId::new(name.as_str(), version));
            }
        }
        ids.sort_unstable_by(|a, b| (a.name(), a.version()).cmp(&(b.name(), b.version())));
        Ok(ids)
    }
}

fn folders(parent: &Path) -> Result<Vec<String>, LoadError> {
    let failed = |source| LoadError::Read { path: parent.to_owned(), source };
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}
