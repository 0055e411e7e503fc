//! Upload of data files to the table's folder. No commit names them yet.

use std::collections::HashMap;

use deltalake::{DeltaTable, DeltaTableError, ObjectStore as _, Path, kernel::Add};
use futures::future::try_join_all;
use uuid::Uuid;
use vitals_core::runtime::clock::now_ms;

use super::{DataFile, durable::flush};
use crate::schema::REJECTED;

/// Uploads `files` concurrently, each under a new name. Returns the `Add` actions for the commit.
///
/// # Errors
/// When the storage fails. Files that were uploaded by then are orphans, which vacuum deletes.
pub async fn upload(table: &DeltaTable, files: &[DataFile]) -> Result<Vec<Add>, DeltaTableError> {
    let store = table.object_store();
    let added = try_join_all(files.iter().map(|file| async {
        let add = add_action(file);
        let path = Path::from(add.path.as_str());
        store.put_opts(&path, file.bytes.clone().into(), Default::default()).await?;
        Ok::<_, DeltaTableError>(add)
    }))
    .await?;
    // Before the commit: the log must not name a file that a power failure could still lose.
    flush(table, added.iter().map(|add| Path::from(add.path.as_str()))).await?;
    Ok(added)
}

/// The `Add` action for `file` under a new, unique name.
fn add_action(file: &DataFile) -> Add {
    let rejected = file.rejected.to_string();
    Add {
        // Unique across instances, so an upload never overwrites a file.
        path: format!("{REJECTED}={rejected}/part-{}.zstd.parquet", Uuid::now_v7()),
        partition_values: HashMap::from([(REJECTED.to_owned(), Some(rejected))]),
        size: i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
        modification_time: now_ms(),
        // Readers of the change stream see the rows as new.
        data_change: true,
        stats: Some(file.stats.clone()),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}
