//! Keeping a table in shape: small files are merged, the log gets a checkpoint and is cut, and
//! files that nobody can need any more are deleted.
//!
//! Readers are not disturbed: a file that was replaced stays until the retention is over, and so
//! does a file that no commit names, which a writer may be about to commit.

use std::time::Duration;

use anyhow::Context as _;
use deltalake::{DeltaTable, checkpoints, operations::vacuum::VacuumMode};

use super::compact::{self, Files, Merged};
use crate::{lease::Lease, table::Lake};

/// What maintenance may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Size of merged files, bytes.
    pub target_file_bytes: u64,
    /// Files of about the same size that have to be there before they are merged.
    pub least_files: usize,
    /// Merge whatever is small, however few files that are.
    pub thorough: bool,
    /// How long files that were replaced, or that no commit names, are kept.
    pub retention: Duration,
    /// How long the log keeps versions.
    pub log_retention: Duration,
    /// Memory for sorting; beyond it temporary files are used, bytes.
    pub memory_bytes: usize,
    /// Longest time that one step may take.
    pub timeout: Duration,
}

/// What maintenance has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Files that were merged.
    pub merged: Merged,
    /// The data files that the table has now.
    pub files: Files,
    /// Their rows.
    pub rows: u64,
    /// Files that were deleted.
    pub vacuumed: usize,
    /// Entries of the log that were deleted.
    pub log_entries: usize,
    /// The version of the table now, which has a checkpoint.
    pub version: u64,
}

/// Maintains table `name`, unless somebody has begun to do so less than `pause` ago; `None` then,
/// or when there is no table.
///
/// # Errors
/// When the storage fails, or somebody else claims the table meanwhile. What was done by then
/// stays done, and the next run does the rest.
pub async fn maintain(
    lake: &Lake,
    name: &str,
    policy: &Policy,
    now_ms: i64,
    pause: Duration,
) -> anyhow::Result<Option<Report>> {
    let Some(mut table) = lake.open(name).await? else { return Ok(None) };
    let Some(lease) = Lease::claim(lake, &mut table, now_ms, pause).await? else {
        return Ok(None);
    };
    let lake = &lake.with_timeout(policy.timeout);
    let merged = compact::compact(lake, &mut table, lease, policy).await?;
    let (table, vacuumed) = vacuum(lake, table, policy).await?;
    let (mut files, mut rows) = (Files::default(), 0);
    for file in compact::files(&table)? {
        files.add(compact::bytes(&file));
        rows += file.num_records().unwrap_or_default() as u64;
    }
    let version = table.version().context("the table is not loaded")?;
    // Last: what is loaded may need entries that are cut.
    let log_entries = tidy_log(lake, &table, policy, now_ms).await?;
    Ok(Some(Report { merged, files, rows, vacuumed, log_entries, version }))
}

/// Writes a checkpoint and deletes what the log does not need any more. The positions are in
/// the checkpoint.
async fn tidy_log(
    lake: &Lake,
    table: &DeltaTable,
    policy: &Policy,
    now_ms: i64,
) -> anyhow::Result<usize> {
    lake.within("write a checkpoint", checkpoints::create_checkpoint(table, None)).await?;
    let version = table.version().context("the table is not loaded")?;
    let retention_ms = i64::try_from(policy.log_retention.as_millis()).unwrap_or(i64::MAX);
    let log_store = table.log_store();
    let cut = checkpoints::cleanup_expired_logs_for(
        version,
        log_store.as_ref(),
        now_ms.saturating_sub(retention_ms),
        None,
    );
    lake.within("cut the log", cut).await
}

async fn vacuum(
    lake: &Lake,
    table: DeltaTable,
    policy: &Policy,
) -> anyhow::Result<(DeltaTable, usize)> {
    let retention = chrono::Duration::from_std(policy.retention).context("retention")?;
    let vacuum = table
        .vacuum()
        // Files that a crashed writer left are no part of the log.
        .with_mode(VacuumMode::Full)
        .with_retention_period(retention)
        // The settings have a lower bound of their own.
        .with_enforce_retention_duration(false);
    let (table, done) = lake.within("vacuum", vacuum.into_future()).await?;
    Ok((table, done.files_deleted.len()))
}
