//! Compaction of small files into large ones, sorted so that one patient's readings are adjacent.

use anyhow::{Context as _, ensure};
use deltalake::{
    DeltaTable,
    datafusion::{
        logical_expr::SortExpr,
        prelude::{DataFrame, ident},
    },
    kernel::{Action, Add, LogicalFileView},
};
use futures::TryStreamExt as _;

use super::{
    Policy,
    bins::{Candidate, Rules},
};
use crate::{
    lease::{self, Lease},
    rejected::holds_rejected,
    rewrite::{self, Writer},
    table::Lake,
};

/// The sort order of a merged file. Columns that the table lacks are skipped.
const SORT_COLUMNS: [&str; 4] = ["patient_id", "time", "kafka_partition", "kafka_offset"];

/// The number and total size of some files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileTotals {
    /// The number of files.
    pub count: u64,
    /// Their total size, bytes.
    pub bytes: u64,
}

impl FileTotals {
    pub(super) fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }
}

/// The files of a compaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compaction {
    /// The files that were replaced.
    pub removed: FileTotals,
    /// The files that replaced them.
    pub added: FileTotals,
}

/// The data files of the loaded version, oldest first.
pub(super) fn files(table: &DeltaTable) -> anyhow::Result<Vec<LogicalFileView>> {
    let log = table.snapshot()?.snapshot().try_log_data()?;
    let mut files: Vec<LogicalFileView> = log.into_iter().collect();
    files.sort_by_key(LogicalFileView::modification_time);
    Ok(files)
}

pub(super) fn bytes(file: &LogicalFileView) -> u64 {
    u64::try_from(file.size()).unwrap_or_default()
}

/// Merges small files, one commit per set of files.
pub(super) async fn compact(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    policy: &Policy,
) -> anyhow::Result<Compaction> {
    let files = files(table)?;
    let candidates: Vec<Candidate> = files
        .iter()
        .map(|file| Candidate {
            rejected: holds_rejected(&file.partition_values_map()),
            bytes: bytes(file),
        })
        .collect();
    let rules = Rules {
        target_bytes: policy.target_file_bytes,
        min_files: if policy.thorough { 2 } else { policy.min_files },
        all_sizes: policy.thorough,
    };
    let mut compaction = Compaction::default();
    for bin in rules.bins(&candidates) {
        let bin: Vec<LogicalFileView> = bin.into_iter().map(|index| files[index].clone()).collect();
        merge(lake, table, lease, &bin, policy, &mut compaction).await?;
    }
    Ok(compaction)
}

/// Merges `files` into one or more sorted files and commits the exchange.
async fn merge(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    files: &[LogicalFileView],
    policy: &Policy,
    compaction: &mut Compaction,
) -> anyhow::Result<()> {
    let added = write_sorted(lake, table, files, policy).await?;
    let mut actions: Vec<Action> = Vec::with_capacity(files.len() + added.len());
    for file in files {
        compaction.removed.add(bytes(file));
        actions.push(Action::Remove(file.remove_action(false)));
    }
    for mut add in added {
        // To readers of the change stream, moving rows is no change.
        add.data_change = false;
        compaction.added.add(u64::try_from(add.size).unwrap_or_default());
        actions.push(Action::Add(add));
    }
    let target_size = i64::try_from(policy.target_file_bytes).unwrap_or(i64::MAX);
    lease.commit(lake, table, actions, lease::optimize(target_size)).await
}

/// Writes the rows of `files`, sorted, to new files that no commit names yet.
async fn write_sorted(
    lake: &Lake,
    table: &DeltaTable,
    files: &[LogicalFileView],
    policy: &Policy,
) -> anyhow::Result<Vec<Add>> {
    let session = rewrite::session(policy.memory_bytes)?;
    let rows = rewrite::rows(&session, table, files).await?;
    let mut sorted = sort(rows)?.execute_stream().await?;
    let mut writer = Writer::new(table, 2 * policy.target_file_bytes)?;
    let mut written = 0;
    while let Some(batch) = lake.within("merge files", sorted.try_next()).await? {
        lake.within("merge files", writer.write(&batch)).await?;
        written += batch.num_rows();
    }
    let added = lake.within("merge files", writer.close()).await?;
    // A lost row must never be committed.
    let expected: Option<usize> = files.iter().map(LogicalFileView::num_records).sum();
    let expected = expected.context("a file's number of rows is unknown")?;
    ensure!(written == expected, "read {written} rows, but the log records {expected}");
    Ok(added)
}

fn sort(rows: DataFrame) -> anyhow::Result<DataFrame> {
    let order: Vec<SortExpr> = SORT_COLUMNS
        .into_iter()
        .filter(|name| rows.schema().has_column_with_unqualified_name(name))
        .map(|name| ident(name).sort(true, false))
        .collect();
    Ok(rows.sort(order)?)
}
