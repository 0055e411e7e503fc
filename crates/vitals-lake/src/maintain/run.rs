//! One maintenance run, from the claim to the log cleanup.

use std::time::Duration;

use anyhow::Context as _;
use deltalake::DeltaTable;

use super::{
    checkpoint::{clean_up_log, create_checkpoint},
    compact::{self, Compaction, FileTotals},
    expire::{Expired, Expiry, expire},
    vacuum::{storage_time_ms, vacuum},
};
use crate::{
    lease::{ClaimWatch, Lease},
    rewrite,
    table::Lake,
};

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
    /// The retention of rows; `None` keeps them forever.
    pub expiry: Option<Expiry>,
    /// The age at which log entries are deleted.
    pub log_retention: Duration,
    /// The memory limit for sorting, bytes. Beyond it, the sort spills to temporary files.
    pub memory_bytes: usize,
    /// The time limit of one step.
    pub timeout: Duration,
    /// The interval at which the claim is renewed.
    pub renewal: Duration,
    /// The time between the search for expired files and their deletion: more than a writer needs
    /// from the upload of a file to its commit.
    pub settle: Duration,
}

/// The result of a maintenance run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The rows past their retention.
    pub expired: Expired,
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

/// Maintains table `name`. Returns `None` if the claim of another run was made or renewed less
/// than `pause` ago, or if there is no such table.
///
/// # Errors
/// When the storage fails, or another process claims the table during the run. Finished steps
/// stay done, and the next run does the rest.
pub async fn maintain(
    lake: &Lake,
    name: &str,
    policy: &Policy,
    watch: &mut ClaimWatch,
    now_ms: i64,
    pause: Duration,
) -> anyhow::Result<Option<Report>> {
    // Fence off other processes before any file is replaced.
    let Some(mut table) = lake.open(name).await? else { return Ok(None) };
    let Some(lease) = Lease::claim(lake, &mut table, watch, now_ms, pause).await? else {
        return Ok(None);
    };
    // The claim is renewed while the steps run, which may take longer than it holds.
    let renewing = table.clone();
    let steps_lake = lake.with_timeout(policy.timeout);
    let steps = Box::pin(run_steps(&steps_lake, table, lease, policy, now_ms));
    lease.keep_alive(lake, renewing, policy.renewal, steps).await.map(Some)
}

async fn run_steps(
    lake: &Lake,
    mut table: DeltaTable,
    lease: Lease,
    policy: &Policy,
    now_ms: i64,
) -> anyhow::Result<Report> {
    // Ages are measured by the storage's clock, which dated this run's claim: a clock of this host that
    // jumped ahead would remove rows and log entries too early. One that is behind only keeps more.
    let storage_ms = lake.within("read the storage's clock", storage_time_ms(&table)).await?;
    let now_ms = now_ms.min(storage_ms);

    // Expiry comes first: its rows need not be merged. Compaction comes before vacuum: the files that
    // it replaces now are vacuumed by a later run.
    let expired = match &policy.expiry {
        Some(expiry) => expire(lake, &mut table, lease, expiry, now_ms).await?,
        None => Expired::default(),
    };
    let compaction = compact::compact(lake, &mut table, lease, policy, now_ms).await?;
    let vacuumed = vacuum(lake, &mut table, policy, now_ms).await?;

    // The table after the run, for the report.
    let mut files = FileTotals::default();
    let mut rows = 0;
    for file in rewrite::files(&table)? {
        files.add(compact::bytes(&file));
        rows += file.num_records().unwrap_or_default() as u64;
    }
    let version = table.version().context("the table is not loaded")?;

    // The log is cleaned up last: reading the loaded version may need entries that this deletes.
    create_checkpoint(lake, &table).await?;
    let retention_ms = i64::try_from(policy.log_retention.as_millis()).unwrap_or(i64::MAX);
    let cutoff_ms = now_ms.saturating_sub(retention_ms);
    let log_entries = clean_up_log(lake, &table, cutoff_ms).await?;
    Ok(Report { expired, compaction, files, rows, vacuumed, log_entries, version })
}
