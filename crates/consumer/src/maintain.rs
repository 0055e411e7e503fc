//! Keeping the tables in shape: on a schedule beside the archive, or once from the command line.

use std::{io::Write as _, time::Duration};

use anyhow::Context as _;
use metrics::{counter, gauge, histogram};
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

/// Longest pause before the table is asked once more whether maintenance is due.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

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

/// Starts the schedule, on a thread of its own: merging files is work for the processor, and the
/// archive's commits must not wait for it. Of several consumers one does it at a time; which one
/// is decided in the table's log.
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
    tasks.spawn_blocking("maintain", move || {
        // Two threads: the library waits for HDFS on one, which lives on the other.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let work = keep_in_shape(&lake, &maintenance);
        runtime.block_on(shutdown.run_until_cancelled(work));
        Ok(())
    });
    Ok(())
}

async fn keep_in_shape(lake: &Lake, settings: &MaintenanceSettings) {
    let every = Duration::from_millis(settings.interval_ms);
    let policy = policy(settings, false);
    loop {
        tokio::time::sleep((every / 10).min(LONGEST_PAUSE)).await;
        for table in TABLES.map(|table| table.name) {
            let started = std::time::Instant::now();
            match maintain(lake, table, &policy, now_ms(), every).await {
                Ok(Some(report)) => account(table, &report, started.elapsed()),
                Ok(None) => {}
                Err(error) => {
                    counter!("vitals_maintenance_failures_total", "table" => table).increment(1);
                    tracing::warn!(table, error = format!("{error:#}"), "maintenance failed");
                }
            }
        }
    }
}

fn account(table: &'static str, report: &Report, took: Duration) {
    let compaction = report.compaction;
    counter!("vitals_maintenance_runs_total", "table" => table).increment(1);
    counter!("vitals_maintenance_merged_files_total", "table" => table)
        .increment(compaction.removed.count);
    histogram!("vitals_maintenance_seconds", "table" => table).record(took.as_secs_f64());
    gauge!("vitals_lake_files", "table" => table).set(report.files.count as f64);
    gauge!("vitals_lake_bytes", "table" => table).set(report.files.bytes as f64);
    tracing::info!(
        table,
        merged.files = compaction.removed.count,
        merged.into = compaction.added.count,
        vacuumed.files = report.vacuumed,
        log.entries = report.log_entries,
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "maintained"
    );
}

/// `consumer maintain`: does everything that can be done now, and prints what that was.
///
/// # Errors
/// When the lake can't be read or written, or somebody else does the same meanwhile.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let policy = policy(&settings.consumer.maintenance, true);
    let mut text = heading();
    for table in TABLES.map(|table| table.name) {
        let report = maintain(&lake, table, &policy, now_ms(), Duration::ZERO).await;
        match report.with_context(|| format!("table {table}"))? {
            Some(report) => text += &row(table, &report),
            None => text += &format!("{table:<12} not there yet, or being maintained\n"),
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
    #[expect(clippy::cast_precision_loss, reason = "a ratio with one digit")]
    let per_row = report.files.bytes as f64 / report.rows.max(1) as f64;
    format!(
        "{table:<12} {:>9} {:>9} {:>9} {:>12} {:>12} {per_row:>9.1} {:>9} {:>9} {:>9}\n",
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
