//! One maintenance run, from the claim to the log cleanup.

use std::time::Duration;

use anyhow::Context as _;
use deltalake::{DeltaTable, checkpoints, operations::vacuum::VacuumMode};

use super::compact::{self, Compaction, FileTotals};
use crate::{lease::Lease, table::Lake};

/// The limits of a maintenance run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The size of merged files, bytes.
    pub target_file_bytes: u64,
    /// The minimum number of files of about the same size that are merged.
    pub min_files: usize,
    /// Merges all small files, however few they are.
    pub thorough: bool,
    /// The age at which files that were replaced, or that no commit names, are deleted.
    pub retention: Duration,
    /// The age at which log entries are deleted.
    pub log_retention: Duration,
    /// The memory limit for sorting, bytes. Beyond it, the sort spills to temporary files.
    pub memory_bytes: usize,
    /// The time limit of one step.
    pub timeout: Duration,
}

/// The result of a maintenance run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The merged files.
    pub compaction: Compaction,
    /// The table's data files after the run.
    pub files: FileTotals,
    /// The number of rows in them.
    pub rows: u64,
    /// The number of deleted data files.
    pub vacuumed: usize,
    /// The number of deleted log entries.
    pub log_entries: usize,
    /// The table's version after the run, which has a checkpoint.
    pub version: u64,
}

/// Maintains table `name`. Returns `None` if another run has started less than `pause` ago, or if
/// there is no such table.
///
/// # Errors
/// When the storage fails, or another process claims the table during the run. Finished steps
/// stay done, and the next run does the rest.
pub async fn maintain(
    lake: &Lake,
    name: &str,
    policy: &Policy,
    now_ms: i64,
    pause: Duration,
) -> anyhow::Result<Option<Report>> {
    // Fence off other processes before any file is replaced.
    let Some(mut table) = lake.open(name).await? else { return Ok(None) };
    let Some(lease) = Lease::claim(lake, &mut table, now_ms, pause).await? else {
        return Ok(None);
    };

    // Compaction comes before vacuum: the files that it replaces now are vacuumed by a later run.
    let lake = &lake.with_timeout(policy.timeout);
    let compaction = compact::compact(lake, &mut table, lease, policy).await?;
    let (table, vacuumed) = vacuum(lake, table, policy).await?;

    // The table after the run, for the report.
    let mut files = FileTotals::default();
    let mut rows = 0;
    for file in compact::files(&table)? {
        files.add(compact::bytes(&file));
        rows += file.num_records().unwrap_or_default() as u64;
    }
    let version = table.version().context("the table is not loaded")?;

    // The log is cleaned up last: reading the loaded version may need entries that this deletes.
    let log_entries = clean_up_log(lake, &table, policy, now_ms).await?;
    Ok(Some(Report { compaction, files, rows, vacuumed, log_entries, version }))
}

/// Writes a checkpoint, which includes the positions, and deletes expired log entries before it.
async fn clean_up_log(
    lake: &Lake,
    table: &DeltaTable,
    policy: &Policy,
    now_ms: i64,
) -> anyhow::Result<usize> {
    lake.within("write a checkpoint", checkpoints::create_checkpoint(table, None)).await?;
    let version = table.version().context("the table is not loaded")?;
    let retention_ms = i64::try_from(policy.log_retention.as_millis()).unwrap_or(i64::MAX);
    let log_store = table.log_store();
    let cleanup = checkpoints::cleanup_expired_logs_for(
        version,
        log_store.as_ref(),
        now_ms.saturating_sub(retention_ms),
        None,
    );
    lake.within("clean up the log", cleanup).await
}

async fn vacuum(
    lake: &Lake,
    table: DeltaTable,
    policy: &Policy,
) -> anyhow::Result<(DeltaTable, usize)> {
    let retention = chrono::Duration::from_std(policy.retention).context("retention")?;
    let vacuum = table
        .vacuum()
        // Full, because the orphans of a crashed writer are not in the log.
        .with_mode(VacuumMode::Full)
        .with_retention_period(retention)
        // The settings enforce a lower bound of their own.
        .with_enforce_retention_duration(false);
    let (table, metrics) = lake.within("vacuum", vacuum.into_future()).await?;
    Ok((table, metrics.files_deleted.len()))
}
