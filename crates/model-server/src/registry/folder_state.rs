//! The state of a version's files, to notice that a copy in progress has gone on.

use std::{ffi::OsString, fs, time::SystemTime};

use super::{ModelId, Registry};

/// Name, length and time of change of every file of a version, hidden ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderState(Vec<(OsString, u64, Option<SystemTime>)>);

impl Registry {
    /// The state of a version's files. What can't be read is missing from it.
    #[must_use]
    pub fn folder_state(&self, id: &ModelId) -> FolderState {
        let entries = fs::read_dir(self.folder(id)).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                // Of the file behind a link; of a link to nothing, its own.
                let metadata = fs::metadata(entry.path()).or_else(|_| entry.metadata()).ok()?;
                Some((entry.file_name(), metadata.len(), metadata.modified().ok()))
            })
            .collect();
        files.sort_unstable();
        FolderState(files)
    }
}
