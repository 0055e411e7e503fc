//! The `txn` actions of a checkpoint.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::{
    array::{Array as _, AsArray as _, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use deltalake::{ObjectMeta, ObjectStore, Path};
use futures::TryStreamExt as _;
use parquet::arrow::{ProjectionMask, async_reader::ParquetRecordBatchStreamBuilder};

use super::{
    log_file::LogFile,
    transactions::{Txn, parse_actions},
};

/// A checkpoint with its files: several for a checkpoint in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) version: u64,
    files: Vec<ObjectMeta>,
}

/// The newest checkpoint up to `version`.
///
/// # Errors
/// When the log can't be listed.
pub(super) async fn newest_checkpoint(
    store: &dyn ObjectStore,
    version: u64,
) -> anyhow::Result<Option<Checkpoint>> {
    let listed = store.list(Some(&Path::from("_delta_log")));
    let files: Vec<ObjectMeta> = listed.try_collect().await?;
    let found = files
        .iter()
        .filter_map(|file| Some((CheckpointName::parse(file.location.filename()?)?, file)));
    let found: Vec<_> = found.filter(|(name, _)| name.version <= version).collect();
    // A checkpoint in parts may be incomplete; the next older one is used then.
    let complete = found.iter().filter(|(name, _)| {
        let same = found
            .iter()
            .filter(|(other, _)| (other.version, other.parts) == (name.version, name.parts));
        name.parts.is_none_or(|parts| same.count() == parts)
    });
    let newest = complete.map(|(name, _)| *name).max_by_key(|name| name.version);
    Ok(newest.map(|newest| {
        let files = found
            .iter()
            .filter(|(name, _)| (name.version, name.parts) == (newest.version, newest.parts));
        // Copies of the same checkpoint have the same actions.
        let files = files.map(|(_, file)| (*file).clone());
        let files = files.take(newest.parts.unwrap_or(1)).collect();
        Checkpoint { version: newest.version, files }
    }))
}

/// The name of a checkpoint's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CheckpointName {
    version: u64,
    /// The number of files, for a checkpoint in parts.
    parts: Option<usize>,
}

impl CheckpointName {
    /// Parses `V.checkpoint.parquet`, `V.checkpoint.UUID.parquet` or `.json`, and
    /// `V.checkpoint.PART.PARTS.parquet`.
    fn parse(name: &str) -> Option<Self> {
        let mut words = name.split('.');
        let version = words.next()?.parse().ok()?;
        let rest: Vec<&str> = words.collect();
        let parts = match &rest[..] {
            ["checkpoint", "parquet"] | ["checkpoint", _, "parquet" | "json"] => None,
            ["checkpoint", _, parts, "parquet"] => Some(parts.parse().ok()?),
            _ => return None,
        };
        Some(Self { version, parts })
    }
}

/// The `txn` actions of a checkpoint.
///
/// # Errors
/// When one of its files can't be read.
pub(super) async fn checkpoint_transactions(
    store: &Arc<dyn ObjectStore>,
    checkpoint: &Checkpoint,
) -> anyhow::Result<Vec<Txn>> {
    let mut found = Vec::new();
    for file in &checkpoint.files {
        // The main file of a V2 checkpoint may be JSON.
        if file.location.as_ref().ends_with(".json") {
            let bytes = store.get_opts(&file.location, Default::default()).await?.bytes().await?;
            found.extend(parse_actions(&bytes)?);
        } else {
            let read = parquet_transactions(store, file).await;
            found.extend(read.with_context(|| format!("reading {}", file.location))?);
        }
    }
    Ok(found)
}

/// Reads column `txn` only: the files make up nearly all of a checkpoint.
async fn parquet_transactions(
    store: &Arc<dyn ObjectStore>,
    file: &ObjectMeta,
) -> anyhow::Result<Vec<Txn>> {
    let reader = LogFile { store: Arc::clone(store), file: file.clone() };
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
    let columns = ProjectionMask::columns(builder.parquet_schema(), ["txn"]);
    let mut rows = builder.with_projection(columns).build()?;
    let mut found = Vec::new();
    while let Some(batch) = rows.try_next().await? {
        add_rows(&batch, &mut found)?;
    }
    Ok(found)
}

fn add_rows(batch: &RecordBatch, found: &mut Vec<Txn>) -> anyhow::Result<()> {
    // A table without a transaction has no such column.
    let Some(txn) = batch.column_by_name("txn") else { return Ok(()) };
    let txn = txn.as_struct_opt().context("column txn is no struct")?;
    let app_id = txn.column_by_name("appId").context("no column txn.appId")?;
    let app_id = cast(app_id, &DataType::Utf8)?;
    let app_id = app_id.as_string::<i32>();
    let version = txn.column_by_name("version").context("no column txn.version")?;
    let version = version.as_primitive_opt::<Int64Type>().context("txn.version is no integer")?;
    for row in (0..txn.len()).filter(|row| txn.is_valid(*row)) {
        found.push(Txn { app_id: app_id.value(row).to_owned(), version: version.value(row) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_checkpoints_are_recognized() {
        let cases = [
            ("00000000000000000100.checkpoint.parquet", Some((100, None))),
            ("00000000000000000100.checkpoint.0000000001.0000000003.parquet", Some((100, Some(3)))),
            ("00000000000000000100.checkpoint.80a083e8-7026-4e79.parquet", Some((100, None))),
            ("00000000000000000100.checkpoint.80a083e8-7026-4e79.json", Some((100, None))),
            ("00000000000000000100.json", None),
            ("00000000000000000100.crc", None),
            ("_last_checkpoint", None),
        ];
        for (name, expected) in cases {
            let found = CheckpointName::parse(name).map(|name| (name.version, name.parts));
            assert_eq!(found, expected, "{name}");
        }
    }
}
