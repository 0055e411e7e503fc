//! Maintenance of the tables: on a schedule beside the archive, or once from the command line.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    clock::now_ms,
    config::{MaintenanceSettings, Settings},
    tasks::Tasks,
};
use vitals_lake::{
    maintain::{Policy, Report, maintain},
    schema::TABLES,
    table::Lake,
};

use crate::metrics;

/// Maximum time between two checks whether maintenance is due.
const MAX_CHECK_INTERVAL: Duration = Duration::from_secs(60);

fn policy(settings: &MaintenanceSettings, thorough: bool) -> Policy {
    Policy {
        target_file_bytes: settings.target_file_bytes,
        min_files: settings.min_files,
        thorough,
        retention: Duration::from_millis(settings.retention_ms),
        log_retention: Duration::from_millis(settings.log_retention_ms),
        memory_bytes: settings.memory_bytes,
        timeout: Duration::from_millis(settings.timeout_ms),
    }
}

/// Starts the schedule on a thread of its own: compaction is CPU-heavy, and must not delay the
/// archive's commits. Of several consumers only one maintains a table at a time, because two
/// compactions of the same files would double their rows; a lease in the table's log decides
/// which.
///
/// # Errors
/// When the local root folder can't be created.
pub fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let maintenance = settings.consumer.maintenance.clone();
    if !maintenance.enabled {
        return Ok(());
    }
    let lake = Lake::new(&settings.lake)?;
    let shutdown = shutdown.clone();
    tasks.spawn_blocking("maintenance", move || {
        // Two threads: the Delta library blocks one of them on HDFS, whose client runs on the
        // other.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(shutdown.run_until_cancelled(run_schedule(&lake, &maintenance)));
        Ok(())
    });
    Ok(())
}

async fn run_schedule(lake: &Lake, settings: &MaintenanceSettings) {
    let interval = Duration::from_millis(settings.interval_ms);
    let policy = policy(settings, false);
    loop {
        tokio::time::sleep((interval / 10).min(MAX_CHECK_INTERVAL)).await;
        for table in TABLES.map(|table| table.name) {
            let started = Instant::now();
            match maintain(lake, table, &policy, now_ms(), interval).await {
                Ok(Some(report)) => record(table, &report, started.elapsed()),
                // Not due yet, or another consumer has the lease.
                Ok(None) => {}
                Err(error) => {
                    metrics::add_maintenance_failure(table);
                    tracing::warn!(table, error = format!("{error:#}"), "maintenance failed");
                }
            }
        }
    }
}

fn record(table: &'static str, report: &Report, took: Duration) {
    let compaction = report.compaction;
    metrics::record_maintenance(table, compaction.removed.count, took);
    metrics::set_table_size(table, report.files.count, report.files.bytes);
    tracing::info!(
        table,
        merged.files = compaction.removed.count,
        merged.into = compaction.added.count,
        vacuumed.files = report.vacuumed,
        log.deleted_entries = report.log_entries,
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "table maintained"
    );
}

/// `consumer maintain`: does all maintenance that is possible now, and prints a report.
///
/// # Errors
/// When the lake can't be read or written, or another process maintains the table meanwhile.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let policy = policy(&settings.consumer.maintenance, true);
    let mut text = heading();
    // Without a pause between runs: the operator decides when.
    for table in TABLES.map(|table| table.name) {
        let report = maintain(&lake, table, &policy, now_ms(), Duration::ZERO).await;
        match report.with_context(|| format!("table {table}"))? {
            Some(report) => text += &row(table, &report),
            None => text += &format!("{table:<12} does not exist, or is being maintained\n"),
        }
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn heading() -> String {
    format!(
        "{:<12} {:>9} {:>9} {:>9} {:>12} {:>12} {:>9} {:>9} {:>9} {:>9}\n",
        "table",
        "merged",
        "into",
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
        "{table:<12} {:>9} {:>9} {:>9} {:>12} {:>12} {bytes_per_row:>9.1} {:>9} {:>9} {:>9}\n",
        report.compaction.removed.count,
        report.compaction.added.count,
        report.files.count,
        report.rows,
        report.files.bytes,
        report.vacuumed,
        report.log_entries,
        report.version
    )
}
