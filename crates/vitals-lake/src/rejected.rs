//! Reprocessing of rejected messages: their files are read, and replaced by files with the new
//! rows.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use arrow::array::RecordBatch;
use deltalake::{
    DeltaTable,
    datafusion::execution::SendableRecordBatchStream,
    kernel::{Add, LogicalFileView},
};
use futures::TryStreamExt as _;

use crate::{
    append::streaming_update,
    lease::Lease,
    replace::{Replaced, Replacement},
    rewrite::{self, Writer},
    schema::REJECTED,
    table::Lake,
};

/// The memory limit for reading one file, bytes.
const READ_MEMORY_BYTES: usize = 64 << 20;

/// The size at which a replacement is split into several files, bytes.
const TARGET_BYTES: u64 = 256 << 20;

/// The files with rejected messages in the loaded version of `table`.
///
/// # Errors
/// When the table is not loaded.
pub fn rejected_files(table: &DeltaTable) -> anyhow::Result<Vec<LogicalFileView>> {
    let log = table.snapshot()?.snapshot().try_log_data()?;
    Ok(log.into_iter().filter(|file| holds_rejected(&file.partition_values_map())).collect())
}

/// Returns true for the partition values of a file with rejected messages.
pub(crate) fn holds_rejected(partition_values: &HashMap<String, Option<String>>) -> bool {
    partition_values.get(REJECTED).is_some_and(|value| value.as_deref() == Some("true"))
}

/// Calls `visit` with all rows of `file`, batch by batch.
///
/// # Errors
/// When the file can't be read in time, or `visit` fails.
pub async fn read(
    lake: &Lake,
    table: &DeltaTable,
    file: &LogicalFileView,
    mut visit: impl FnMut(&RecordBatch) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut rows = stream(table, file).await?;
    while let Some(batch) = lake.within("read rejected messages", rows.try_next()).await? {
        visit(&batch)?;
    }
    Ok(())
}

/// Replaces `file` with the rows that `reprocess` returns for its rows, in one commit. The number
/// of rows must stay the same.
///
/// To readers of the table's change stream, readings are new rows, and messages that are still
/// rejected are no change.
///
/// # Errors
/// When the storage fails, the number of rows changed, or another process has claimed the table or
/// changed the file.
pub async fn replace(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    file: &LogicalFileView,
    mut reprocess: impl FnMut(&RecordBatch) -> anyhow::Result<Vec<RecordBatch>>,
) -> anyhow::Result<()> {
    // Write the new rows to files that no commit names yet.
    let mut rows = stream(table, file).await?;
    let mut writer = Writer::new(table, TARGET_BYTES)?;
    let mut rows_read = 0;
    let mut rows_written = 0;
    while let Some(batch) = lake.within("read rejected messages", rows.try_next()).await? {
        rows_read += batch.num_rows();
        for batch in reprocess(&batch)? {
            rows_written += batch.num_rows();
            lake.within("write Parquet", writer.write(&batch)).await?;
        }
    }
    let expected = file.num_records().context("the file's number of rows is unknown")?;
    ensure!(
        rows_read == expected && rows_written == expected,
        "{expected} rows would become {rows_written}"
    );
    // Exchange the files in one commit, so that every offset is there exactly once at any moment.
    let added = lake.within("write Parquet", writer.close()).await?;
    let replacement = Replacement {
        removed: std::slice::from_ref(file),
        added: added.into_iter().map(with_data_change).collect(),
        data_change: false,
        operation: streaming_update("replay-rejected"),
        transactions: Vec::new(),
    };
    let replaced = replacement.commit(lake, table, lease).await?;
    ensure!(replaced == Replaced::Committed, "another writer has changed the file; run it again");
    Ok(())
}

async fn stream(
    table: &DeltaTable,
    file: &LogicalFileView,
) -> anyhow::Result<SendableRecordBatchStream> {
    let session = rewrite::session(READ_MEMORY_BYTES)?;
    let rows = rewrite::rows(&session, table, std::slice::from_ref(file)).await?;
    Ok(rows.execute_stream().await?)
}

fn with_data_change(mut add: Add) -> Add {
    add.data_change = !holds_rejected(&add.partition_values);
    add
}
