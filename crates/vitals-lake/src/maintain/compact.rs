//! Compaction of small files into large ones, sorted so that one patient's readings are adjacent.

use anyhow::{Context as _, ensure};
use deltalake::{
    DeltaTable,
    datafusion::{
        logical_expr::SortExpr,
        prelude::{DataFrame, ident},
    },
    kernel::{Add, LogicalFileView},
};
use futures::TryStreamExt as _;

use super::{
    Policy,
    arrivals::{Arrivals, day},
    bins::{Candidate, Rules},
};
use crate::{
    lease::{self, ClaimLost, Lease},
    rejected::holds_rejected,
    replace::{Replaced, Replacement, are_live},
    rewrite::{self, Writer, files, live_rows},
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
    /// The sets of files that were given up because another writer changed one of them.
    pub conflicts: u64,
    /// The sets of files that could not be merged, for example because one is unreadable.
    pub failures: u64,
}

pub(super) fn bytes(file: &LogicalFileView) -> u64 {
    u64::try_from(file.size()).unwrap_or_default()
}

/// Merges small files, one commit per set of files. A set that fails, or that another writer
/// changes meanwhile, is left as it is.
pub(super) async fn compact(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    policy: &Policy,
    now_ms: i64,
) -> anyhow::Result<Compaction> {
    let files = files(table)?;
    let candidates: Vec<Candidate> = files
        .iter()
        .map(|file| Candidate {
            rejected: holds_rejected(&file.partition_values_map()),
            day: Arrivals::of(file).day(),
            bytes: bytes(file),
        })
        .collect();
    let rules = Rules {
        target_bytes: policy.target_file_bytes,
        min_files: if policy.thorough { 2 } else { policy.min_files },
        all_sizes: policy.thorough,
        today: day(now_ms),
    };
    let mut compaction = Compaction::default();
    for bin in rules.bins(&candidates) {
        let bin: Vec<LogicalFileView> = bin.into_iter().map(|index| files[index].clone()).collect();
        match merge(lake, table, lease, &bin, policy).await {
            Ok(Some(added)) => compaction.record(&bin, &added),
            Ok(None) => compaction.conflicts += 1,
            // Another process maintains the table now, so this one must not replace any more files.
            Err(error) if error.is::<ClaimLost>() => return Err(error),
            Err(error) => {
                compaction.failures += 1;
                let files = bin.len();
                tracing::warn!(files, error = format!("{error:#}"), "merging files failed");
                // An unavailable storage ends the run; one unreadable file does not.
                lake.within("reload the table", table.update_state()).await?;
            }
        }
    }
    Ok(compaction)
}

impl Compaction {
    fn record(&mut self, removed: &[LogicalFileView], added: &[Add]) {
        for file in removed {
            self.removed.add(bytes(file));
        }
        for add in added {
            self.added.add(u64::try_from(add.size).unwrap_or_default());
        }
    }
}

/// Merges `files` into one or more sorted files and commits the exchange. Returns the new files;
/// `None` if another writer has changed one of the old ones.
async fn merge(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    files: &[LogicalFileView],
    policy: &Policy,
) -> anyhow::Result<Option<Vec<Add>>> {
    // The commit of an earlier set has loaded a newer version, which may lack these files.
    if !are_live(table, files)? {
        return Ok(None);
    }
    let added = write_sorted(lake, table, files, policy).await?;
    exchange(lake, table, lease, files, added, policy).await
}

/// Commits the exchange of `files` for `added`.
pub(super) async fn exchange(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    files: &[LogicalFileView],
    mut added: Vec<Add>,
    policy: &Policy,
) -> anyhow::Result<Option<Vec<Add>>> {
    for add in &mut added {
        // To readers of the change stream, moving rows is no change.
        add.data_change = false;
    }
    let target_size = i64::try_from(policy.target_file_bytes).unwrap_or(i64::MAX);
    let replacement = Replacement {
        removed: files,
        added: added.clone(),
        data_change: false,
        operation: lease::optimize(target_size),
        transactions: Vec::new(),
    };
    let replaced = replacement.commit(lake, table, lease).await?;
    Ok(if replaced == Replaced::Committed { Some(added) } else { None })
}

/// Writes the rows of `files`, sorted, to new files that no commit names yet.
pub(super) async fn write_sorted(
    lake: &Lake,
    table: &DeltaTable,
    files: &[LogicalFileView],
    policy: &Policy,
) -> anyhow::Result<Vec<Add>> {
    let session = rewrite::session(policy.memory_bytes)?;
    let rows = rewrite::rows(&session, table, files).await?;
    let mut sorted = sort(rows)?.execute_stream().await?;
    // Twice the target, so that a set of about its size becomes one file.
    let mut writer = Writer::new(table, 2 * policy.target_file_bytes)?;
    let mut written = 0;
    while let Some(batch) = lake.within("merge files", sorted.try_next()).await? {
        lake.within("merge files", writer.write(&batch)).await?;
        written += batch.num_rows();
    }
    let added = lake.within("merge files", writer.close()).await?;
    // A lost row must never be committed.
    let expected: Option<usize> = files.iter().map(live_rows).sum();
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
