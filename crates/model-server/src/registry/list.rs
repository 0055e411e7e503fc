//! Lists the saved versions.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use super::{LoadError, ModelId, Registry};

impl Registry {
    /// Lists every version of every model, ordered by name and version, without verifying them.
    /// Ignores folders whose names are not valid names or versions, and does not look into them.
    ///
    /// # Errors
    /// A folder can't be read.
    pub fn list(&self) -> Result<Vec<ModelId>, LoadError> {
        let mut ids = Vec::new();
        // A volume has folders of its own, such as `lost+found`, that only its owner may read.
        let names = folders(self.root())?.into_iter().filter(|name| ModelId::is_valid_part(name));
        for name in names {
            for version in folders(&self.root().join(&name))? {
                ids.extend(ModelId::new(name.as_str(), version));
            }
        }
        ids.sort_unstable_by(|a, b| (a.name(), a.version()).cmp(&(b.name(), b.version())));
        Ok(ids)
    }
}

fn folders(parent: &Path) -> Result<Vec<String>, LoadError> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        // A registry that does not exist yet is empty.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(parent, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(parent, error))?;
        if entry.path().is_dir() {
            // A name that is not UTF-8 can't be a model's.
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

fn unreadable(path: &Path, source: io::Error) -> LoadError {
    LoadError::Read { path: path.to_owned(), source }
}
