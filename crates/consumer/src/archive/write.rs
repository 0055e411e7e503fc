//! Finished files into the table's folder; no commit names them yet.

use std::collections::HashMap;

use deltalake::{DeltaTable, DeltaTableError, ObjectStore as _, Path, kernel::Add};
use futures::future::try_join_all;
use uuid::Uuid;
use vitals_core::runtime::clock::now_ms;
use vitals_lake::schema::REJECTED;

use crate::archive::batch::model::DataFile;

/// Puts `files` under new names into the table's folder, all at once.
///
/// # Errors
/// When the storage fails; what was written stays unnamed and is vacuumed later.
pub(crate) async fn write(
    table: &DeltaTable,
    files: &[DataFile],
) -> Result<Vec<Add>, DeltaTableError> {
    let store = table.object_store();
    try_join_all(files.iter().map(|file| async {
        let add = add(file);
        let path = Path::from(add.path.as_str());
        store.put_opts(&path, file.bytes.clone().into(), Default::default()).await?;
        Ok(add)
    }))
    .await
}

/// What the log says of `file` under a new name.
fn add(file: &DataFile) -> Add {
    let rejected = file.rejected.to_string();
    Add {
        path: format!("{REJECTED}={rejected}/part-{}.zstd.parquet", Uuid::now_v7()),
        partition_values: HashMap::from([(REJECTED.to_owned(), Some(rejected))]),
        size: i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
        modification_time: now_ms(),
        data_change: true,
        stats: Some(file.stats.clone()),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}
