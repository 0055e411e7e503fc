//! Maintenance of the tables: on a schedule beside the archive, or once from the command line.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::ValueEnum as _;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    clock::now_ms,
    config::{MaintenanceSettings, Settings},
    tasks::Tasks,
};
use vitals_lake::{
    lease::ClaimWatch,
    maintain::{Policy, Report, checkpoint_if_due, maintain},
    table::Lake,
};

use crate::{feed::Feed, metrics};

/// Maximum time between two checks whether maintenance is due.
const MAX_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Maximum interval between two renewals of the claim on a table.
const MAX_RENEWAL_INTERVAL: Duration = Duration::from_secs(30);

/// Commits after which a checkpoint is due. Opening a table reads every commit since the last one.
const COMMITS_PER_CHECKPOINT: u64 = 100;

/// The policy of every table. It keeps rows forever.
pub(crate) fn policy(settings: &MaintenanceSettings, lake: &Lake, thorough: bool) -> Policy {
    let interval = Duration::from_millis(settings.interval_ms);
    Policy {
        target_file_bytes: settings.target_file_bytes,
        min_files: settings.min_files,
        thorough,
        retention: Duration::from_millis(settings.retention_ms),
        expiry: None,
        log_retention: Duration::from_millis(settings.log_retention_ms),
        memory_bytes: settings.memory_bytes,
        timeout: Duration::from_millis(settings.timeout_ms),
        renewal: (interval / 4).min(MAX_RENEWAL_INTERVAL),
        // An upload and its commit have a time limit each.
        settle: lake.timeout() * 2,
    }
}

/// Every table with its policy, in the order of their maintenance.
fn policies(settings: &Settings, lake: &Lake, thorough: bool) -> Vec<(&'static str, Policy)> {
    let policy = policy(&settings.consumer.maintenance, lake, thorough);
    let feeds = Feed::value_variants().iter();
    let tables = feeds.map(|feed| {
        (feed.table().name, Policy { expiry: feed.expiry(settings), ..policy.clone() })
    });
    tables.collect()
}

/// Starts the schedule on a thread of its own: compaction is CPU-heavy, and must not delay the
/// archive's commits. Of several consumers only one maintains a table at a time, because two
/// compactions of the same files would double their rows; a lease in the table's log decides
/// which. Checkpoints are written even if the rest of maintenance is switched off.
///
/// # Errors
/// When the local root folder can't be created.
pub fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let settings = settings.clone();
    let lake = Lake::new(&settings.lake)?;
    let shutdown = shutdown.clone();
    tasks.spawn_blocking("maintenance", move || {
        // Two threads: the Delta library blocks one of them on HDFS, whose client runs on the
        // other.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(shutdown.run_until_cancelled(run_schedule(&lake, &settings)));
        // A call that still blocks in the storage must not keep the process alive.
        runtime.shutdown_background();
        Ok(())
    });
    Ok(())
}

async fn run_schedule(lake: &Lake, settings: &Settings) {
    let maintenance = &settings.consumer.maintenance;
    let interval = Duration::from_millis(maintenance.interval_ms);
    let tables = policies(settings, lake, false).into_iter();
    let mut tables: Vec<_> = tables.map(|table| (table, ClaimWatch::default())).collect();
    loop {
        // Checked more often than due: the lease of another consumer ends in between, and commits
        // need their checkpoints sooner.
        tokio::time::sleep((interval / 10).min(MAX_CHECK_INTERVAL)).await;
        for ((table, policy), watch) in &mut tables {
            // Checkpoints are written even with maintenance disabled: without them, every start
            // reads the whole log.
            if let Err(error) = checkpoint_if_due(lake, table, COMMITS_PER_CHECKPOINT).await {
                record_failure(table, &error);
            }
            if !maintenance.enabled {
                continue;
            }
            let started = Instant::now();
            match maintain(lake, table, policy, watch, now_ms(), interval).await {
                Ok(Some(report)) => record(table, &report, started.elapsed()),
                // Not due yet, or another consumer has the lease.
                Ok(None) => {}
                Err(error) => record_failure(table, &error),
            }
        }
    }
}

fn record_failure(table: &'static str, error: &anyhow::Error) {
    metrics::add_maintenance_failure(table);
    tracing::warn!(table, error = format!("{error:#}"), "maintenance failed");
}

fn record(table: &'static str, report: &Report, took: Duration) {
    let compaction = report.compaction;
    if compaction.failures > 0 {
        metrics::add_maintenance_failure(table);
    }
    metrics::record_maintenance(table, compaction.removed.count, took);
    metrics::set_table_size(table, report.files.count, report.files.bytes);
    tracing::info!(
        table,
        expired.files = report.expired.files.count,
        expired.rows = report.expired.rows,
        merged.files = compaction.removed.count,
        merged.into = compaction.added.count,
        merged.conflicts = compaction.conflicts,
        merged.failures = compaction.failures,
        vacuumed.files = report.vacuumed,
        log.deleted_entries = report.log_entries,
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "table maintained"
    );
}

/// `consumer maintain`: does all maintenance that is possible now, and prints a report.
///
/// # Errors
/// When the lake can't be read or written, another process maintains the table meanwhile, or some
/// files can't be merged.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let mut text = heading();
    let mut failures = 0;
    // Without a pause between runs: the operator decides when.
    for (table, policy) in policies(settings, &lake, true) {
        let mut watch = ClaimWatch::default();
        let report = maintain(&lake, table, &policy, &mut watch, now_ms(), Duration::ZERO).await;
        match report.with_context(|| format!("table {table}"))? {
            Some(report) => {
                text += &row(table, &report);
                failures += report.compaction.failures;
            }
            None => text += &format!("{table:<16} does not exist, or is being maintained\n"),
        }
    }
    std::io::stdout().write_all(text.as_bytes())?;
    // After the report: the work that succeeded is shown as well.
    ensure!(failures == 0, "{failures} sets of files could not be merged; the log has the reasons");
    Ok(())
}

fn heading() -> String {
    format!(
        "{:<16} {:>12} {:>9} {:>9} {:>9} {:>9} {:>12} {:>12} {:>9} {:>9} {:>9} {:>9}\n",
        "table",
        "expired rows",
        "merged",
        "into",
        "conflicts",
        "files",
        "rows",
        "bytes",
        "bytes/row",
        "deleted",
        "log cut",
        "version"
    )
}

fn row(table: &str, report: &Report) -> String {
    let bytes_per_row = report.files.bytes as f64 / report.rows.max(1) as f64;
    format!(
        "{table:<16} {:>12} {:>9} {:>9} {:>9} {:>9} {:>12} {:>12} {bytes_per_row:>9.1} {:>9} \
         {:>9} {:>9}\n",
        report.expired.rows,
        report.compaction.removed.count,
        report.compaction.added.count,
        report.compaction.conflicts,
        report.files.count,
        report.rows,
        report.files.bytes,
        report.vacuumed,
        report.log_entries,
        report.version
    )
}
