//! Flushes to the local disk.
//!
//! HDFS acknowledges a file once its replicas have it. A local file system acknowledges a write
//! that a power loss may still undo, so the files of a commit are flushed before the commit, and
//! the commit before its position counts as stored.

use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path as FilePath, PathBuf},
};

use deltalake::{DeltaTable, DeltaTableError, Path};

/// Flushes `files`, paths relative to a local `table`, and the folders that name them. Does
/// nothing for a table on remote storage.
///
/// # Errors
/// When a file does not exist or the disk fails.
pub(crate) async fn flush(
    table: &DeltaTable,
    files: impl IntoIterator<Item = Path>,
) -> Result<(), DeltaTableError> {
    let url = table.table_url();
    if url.scheme() != "file" {
        return Ok(());
    }
    let Ok(root) = url.to_file_path() else { return Ok(()) };
    let flushed = paths(&root, files);
    let flush = tokio::task::spawn_blocking(move || {
        flushed.iter().try_for_each(|path| File::open(path)?.sync_all())
    });
    flush.await.map_err(std::io::Error::from)??;
    Ok(())
}

/// The files, and every folder from theirs up to the lake's. A file comes before its folder, which
/// must not name a file without content.
fn paths(root: &FilePath, files: impl IntoIterator<Item = Path>) -> Vec<PathBuf> {
    let files: Vec<PathBuf> = files.into_iter().map(|file| root.join(file.as_ref())).collect();
    let depth = root.components().count();
    let folders: BTreeSet<PathBuf> = files
        .iter()
        .flat_map(|file| file.ancestors().skip(1))
        .filter(|folder| folder.components().count() + 1 >= depth)
        .map(FilePath::to_path_buf)
        .collect();
    files.into_iter().chain(folders.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_flushed_before_the_folders_that_name_them() {
        let files = ["rejected=false/a.parquet", "rejected=true/b.parquet"].map(Path::from);
        let expected = [
            "/lake/vitals/rejected=false/a.parquet",
            "/lake/vitals/rejected=true/b.parquet",
            "/lake/vitals/rejected=true",
            "/lake/vitals/rejected=false",
            "/lake/vitals",
            "/lake",
        ];
        assert_eq!(paths(FilePath::new("/lake/vitals"), files), expected.map(PathBuf::from));
    }

    #[tokio::test]
    async fn a_commit_that_vanished_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let table = crate::testing::open(&crate::testing::lake(&dir)).await;
        flush(&table, [crate::table::commit_path(0)]).await.unwrap();
        assert!(flush(&table, [crate::table::commit_path(1)]).await.is_err());
    }
}
