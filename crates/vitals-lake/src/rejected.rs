//! Rejected messages that are judged again.

use anyhow::{Context as _, ensure};
use deltalake::{
    DeltaTable,
    arrow::array::RecordBatch,
    kernel::{Action, LogicalFileView},
};
use futures::TryStreamExt as _;

use crate::{
    append::streaming_update,
    lease::Lease,
    rewrite::{self, Writer},
    schema::REJECTED,
    table::Lake,
};

/// Memory for reading one file, bytes.
const MEMORY: usize = 64 << 20;

/// Largest file that comes out of one, bytes.
const TARGET_BYTES: u64 = 256 << 20;

/// The files with rejected messages in the loaded version of `table`.
///
/// # Errors
/// When the table is not loaded.
pub fn rejected_files(table: &DeltaTable) -> anyhow::Result<Vec<LogicalFileView>> {
    let log = table.snapshot()?.snapshot().try_log_data()?;
    Ok(log.into_iter().filter(|file| holds_rejected(&file.partition_values_map())).collect())
}

pub(crate) fn holds_rejected(
    partition: &std::collections::HashMap<String, Option<String>>,
) -> bool {
    partition.get(REJECTED).is_some_and(|value| value.as_deref() == Some("true"))
}

/// Calls `visit` with all rows of `file`, some at a time.
///
/// # Errors
/// When the file can't be read in time, or `visit` fails.
pub async fn read(
    lake: &Lake,
    table: &DeltaTable,
    file: &LogicalFileView,
    mut visit: impl FnMut(&RecordBatch) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let session = rewrite::session(MEMORY)?;
    let mut rows =
        rewrite::rows(&session, table, std::slice::from_ref(file)).await?.execute_stream().await?;
    while let Some(batch) = lake.within("read rejected messages", rows.try_next()).await? {
        visit(&batch)?;
    }
    Ok(())
}

/// Replaces `file` by the rows that `rows` makes of its rows, in one commit. No row may get lost.
///
/// To readers of the table's changes, readings are new, and what is still rejected is not.
///
/// # Errors
/// When the storage fails, rows got lost or were added, or somebody else has claimed the table.
pub async fn replace(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    file: &LogicalFileView,
    mut rows: impl FnMut(&RecordBatch) -> anyhow::Result<Vec<RecordBatch>>,
) -> anyhow::Result<()> {
    let session = rewrite::session(MEMORY)?;
    let mut old =
        rewrite::rows(&session, table, std::slice::from_ref(file)).await?.execute_stream().await?;
    let mut writer = Writer::new(table, TARGET_BYTES)?;
    let (mut before, mut after) = (0, 0);
    while let Some(batch) = lake.within("read rejected messages", old.try_next()).await? {
        before += batch.num_rows();
        for batch in rows(&batch)? {
            after += batch.num_rows();
            lake.within("write Parquet", writer.write(&batch)).await?;
        }
    }
    let expected = file.num_records().context("a file without a number of rows")?;
    ensure!(before == expected && after == expected, "{expected} rows would become {after}");
    let mut actions = vec![Action::Remove(file.remove_action(false))];
    for mut add in lake.within("write Parquet", writer.close()).await? {
        add.data_change = !holds_rejected(&add.partition_values);
        actions.push(Action::Add(add));
    }
    lease.commit(lake, table, actions, streaming_update("replay-rejected")).await
}
