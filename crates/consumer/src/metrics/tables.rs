//! Maintenance of the tables, and the storage below them.
#![expect(clippy::disallowed_macros, reason = "one of the files that record this crate's metrics")]

use std::time::Duration;

use metrics::{counter, gauge, histogram};
use vitals_core::runtime::metrics::Metric;
use vitals_lake::storage_report::StorageReport;

use super::definition::{TABLE, counter, flag, gauge, histogram};

pub(super) const MAINTENANCE_RUNS: Metric =
    counter("vitals_maintenance_runs_total", TABLE, "Completed maintenance runs.");
pub(super) const MAINTENANCE_FAILURES: Metric =
    counter("vitals_maintenance_failures_total", TABLE, "Failed maintenance runs.");
pub(super) const MERGED_FILES: Metric =
    counter("vitals_maintenance_merged_files_total", TABLE, "Small files merged by compaction.");
pub(super) const MAINTENANCE_SECONDS: Metric =
    histogram("vitals_maintenance_seconds", TABLE, "Duration of a maintenance run.");
pub(super) const LAKE_FILES: Metric =
    gauge("vitals_lake_files", TABLE, "Data files of the table after maintenance.");
pub(super) const LAKE_BYTES: Metric =
    gauge("vitals_lake_bytes", TABLE, "Bytes of the table's data files after maintenance.");
pub(super) const STORAGE_CAPACITY: Metric = gauge(
    "vitals_lake_storage_capacity_bytes",
    &[],
    "Capacity for the lake: the size of a local file system, or the space quota of the lake's \
     root on HDFS. NaN without a quota.",
);
pub(super) const STORAGE_USED: Metric = gauge(
    "vitals_lake_storage_used_bytes",
    &[],
    "Used part of the capacity: everything on a local file system, or all replicas of the lake's \
     files on HDFS.",
);
pub(super) const STORAGE_REMAINING: Metric = gauge(
    "vitals_lake_storage_remaining_bytes",
    &[],
    "Bytes that can still be written to the lake. NaN on HDFS without a quota.",
);
pub(super) const STORAGE_LAKE_BYTES: Metric = gauge(
    "vitals_lake_storage_lake_bytes",
    &[],
    "Bytes of all files below the lake's root, each counted once.",
);
pub(super) const STORAGE_LAKE_FILES: Metric =
    gauge("vitals_lake_storage_lake_files", &[], "Files below the lake's root.");
pub(super) const STORAGE_SAFE_MODE: Metric = gauge(
    "vitals_lake_storage_safe_mode",
    &[],
    "1 while the HDFS NameNode refuses writes, else 0. NaN for a local lake.",
);
pub(super) const STORAGE_FAILURES: Metric = counter(
    "vitals_lake_storage_failures_total",
    &[],
    "Failed measurements of the lake's storage.",
);

pub(crate) fn add_maintenance_failure(table: &'static str) {
    counter!(MAINTENANCE_FAILURES.name, "table" => table).increment(1);
}

/// Records a maintenance run that merged `merged_files` small files.
pub(crate) fn record_maintenance(table: &'static str, merged_files: u64, took: Duration) {
    counter!(MAINTENANCE_RUNS.name, "table" => table).increment(1);
    counter!(MERGED_FILES.name, "table" => table).increment(merged_files);
    histogram!(MAINTENANCE_SECONDS.name, "table" => table).record(took.as_secs_f64());
}

/// Sets the size of a table: its data files, and their bytes.
pub(crate) fn set_table_size(table: &'static str, files: u64, bytes: u64) {
    gauge!(LAKE_FILES.name, "table" => table).set(files as f64);
    gauge!(LAKE_BYTES.name, "table" => table).set(bytes as f64);
}

/// Sets the gauges of the lake's storage. An unknown value is NaN.
pub(crate) fn set_lake_storage(report: &StorageReport) {
    gauge!(STORAGE_CAPACITY.name).set(bytes_or_nan(report.capacity_bytes));
    gauge!(STORAGE_USED.name).set(bytes_or_nan(report.used_bytes));
    gauge!(STORAGE_REMAINING.name).set(bytes_or_nan(report.remaining_bytes));
    gauge!(STORAGE_LAKE_BYTES.name).set(report.lake_bytes as f64);
    gauge!(STORAGE_LAKE_FILES.name).set(report.lake_files as f64);
    gauge!(STORAGE_SAFE_MODE.name).set(report.safe_mode.map_or(f64::NAN, flag));
}

pub(crate) fn add_lake_storage_failure() {
    counter!(STORAGE_FAILURES.name).increment(1);
}

fn bytes_or_nan(bytes: Option<u64>) -> f64 {
    bytes.map_or(f64::NAN, |bytes| bytes as f64)
}
