//! The consumer's metrics: their names, labels and help, and the functions that record them.
#![expect(clippy::disallowed_macros, reason = "the only file that records this crate's metrics")]

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Gauge, Histogram, SharedString, counter, gauge, histogram};
use vitals_core::{
    domain::rejection::Reason,
    runtime::{
        kafka::DeliveryMetrics,
        metrics::{Metric, MetricKind},
    },
};
use vitals_lake::storage_report::StorageReport;

use crate::{rows::FieldCounts, watch::Burden};

const TOPIC: &[&str] = &["topic"];
const PARTITION: &[&str] = &["topic", "partition"];
const TABLE: &[&str] = &["table"];

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: MetricKind::Counter, help, labels }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Gauge, help, labels }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: MetricKind::Histogram, help, labels }
}

// Progress of the partitions.

const LAG: Metric = gauge(
    "vitals_archive_lag",
    PARTITION,
    "Messages in Kafka that are not in the lake. At least 1 for a log that ends with a \
     transaction marker.",
);
const FETCH_LAG: Metric = gauge(
    "vitals_archive_fetch_lag",
    PARTITION,
    "Messages that the Kafka client has not fetched yet.",
);
const POSITION: Metric = gauge(
    "vitals_archive_position",
    PARTITION,
    "Next offset to archive, according to the last commit.",
);
const PARTITIONS: Metric =
    gauge("vitals_archive_partitions", TOPIC, "Partitions that this instance reads.");
const PARTITIONS_BY_PHASE: Metric = gauge(
    "vitals_archive_partitions_by_phase",
    &["topic", "phase"],
    "Assigned partitions by phase: waiting, reading or stopped.",
);
const LAKE_UP: Metric =
    gauge("vitals_archive_lake_up", TOPIC, "1 if the last request to the lake succeeded, else 0.");
const PAUSED: Metric = gauge(
    "vitals_archive_paused",
    TOPIC,
    "1 while consumption is paused by backpressure or memory, else 0.",
);
// Messages and commits.

const CONSUMED: Metric =
    counter("vitals_archive_consumed_total", TOPIC, "Messages archived, valid or rejected.");
const STORED: Metric = counter(
    "vitals_archive_stored_total",
    TOPIC,
    "Valid messages archived: readings, predictions or contexts.",
);
const REJECTED: Metric = counter(
    "vitals_archive_rejected_total",
    &["topic", "reason"],
    "Rejected messages archived, by reason.",
);
const DROPPED: Metric = counter(
    "vitals_archive_dropped_total",
    TOPIC,
    "Rows dropped before a commit because the lake had them or another instance owns their \
     partition.",
);
const LOST_OFFSETS: Metric = counter(
    "vitals_archive_lost_offsets_total",
    TOPIC,
    "Offsets that Kafka deleted before they were archived.",
);
const UNREADABLE_OFFSETS: Metric = counter(
    "vitals_archive_unreadable_offsets_total",
    TOPIC,
    "Offsets whose messages are damaged in Kafka.",
);
const UNKNOWN_FIELDS: Metric = counter(
    "vitals_archive_unknown_fields_total",
    TOPIC,
    "Fields that the contract does not name, kept in column `extra`.",
);
const REFUSED_FIELDS: Metric = counter(
    "vitals_archive_refused_fields_total",
    &["topic", "reason", "device"],
    "Refused fields of readings, by reason and device. Beyond 100 devices, the device is `other`; \
     without one, `none`.",
);
const COMMIT_SECONDS: Metric = histogram(
    "vitals_archive_commit_seconds",
    TOPIC,
    "Duration of a commit, from reading the table's positions.",
);
const BATCH_AGE_SECONDS: Metric = histogram(
    "vitals_archive_batch_age_seconds",
    TOPIC,
    "Age of a batch's oldest message when the batch is committed.",
);
const FAILURES: Metric =
    counter("vitals_archive_failures_total", TOPIC, "Failed attempts to commit a batch.");
const DEAD_LETTERS: Metric = counter(
    "vitals_archive_dead_letters_total",
    TOPIC,
    "Dead letters delivered to the topic of rejected messages.",
);
const DEAD_LETTER_FAILURES: Metric =
    counter("vitals_archive_dead_letter_failures_total", TOPIC, "Dead letters not delivered.");
// The spool.

const SPOOL_BATCHES: Metric = gauge("vitals_archive_spool_batches", TOPIC, "Batches in the spool.");
const SPOOL_BYTES: Metric =
    gauge("vitals_archive_spool_bytes", TOPIC, "Bytes of the batches in the spool.");
const SPOOL_OLDEST_SECONDS: Metric =
    gauge("vitals_archive_spool_oldest_seconds", TOPIC, "Age of the oldest message in the spool.");
const SPOOL_FULL: Metric =
    gauge("vitals_archive_spool_full", TOPIC, "1 while the spool accepts no batch, else 0.");
const SPOOL_FAILURES: Metric = counter(
    "vitals_archive_spool_failures_total",
    TOPIC,
    "Failed writes to the spool, including those refused at a watermark.",
);
const SPOOL_QUARANTINED: Metric =
    gauge("vitals_archive_spool_quarantined", TOPIC, "Spool files in quarantine.");
const SPOOL_QUARANTINED_TOTAL: Metric =
    counter("vitals_archive_spool_quarantined_total", &[], "Spool files quarantined since start.");
const RETENTION_LEFT_MINUTES: Metric = gauge(
    "vitals_archive_retention_left_minutes",
    TOPIC,
    "Time until Kafka may delete messages that only the spool has: the topic's retention.ms less \
     the age of the oldest spooled message. +Inf while the spool is empty or the retention is \
     unknown.",
);
// Maintenance of the tables.

const MAINTENANCE_RUNS: Metric =
    counter("vitals_maintenance_runs_total", TABLE, "Completed maintenance runs.");
const MAINTENANCE_FAILURES: Metric =
    counter("vitals_maintenance_failures_total", TABLE, "Failed maintenance runs.");
const MERGED_FILES: Metric =
    counter("vitals_maintenance_merged_files_total", TABLE, "Small files merged by compaction.");
const MAINTENANCE_SECONDS: Metric =
    histogram("vitals_maintenance_seconds", TABLE, "Duration of a maintenance run.");
const LAKE_FILES: Metric =
    gauge("vitals_lake_files", TABLE, "Data files of the table after maintenance.");
const LAKE_BYTES: Metric =
    gauge("vitals_lake_bytes", TABLE, "Bytes of the table's data files after maintenance.");
const STORAGE_CAPACITY: Metric = gauge(
    "vitals_lake_storage_capacity_bytes",
    &[],
    "Capacity for the lake: the size of a local file system, or the space quota of the lake's \
     root on HDFS. NaN without a quota.",
);
const STORAGE_USED: Metric = gauge(
    "vitals_lake_storage_used_bytes",
    &[],
    "Used part of the capacity: everything on a local file system, or all replicas of the lake's \
     files on HDFS.",
);
const STORAGE_REMAINING: Metric = gauge(
    "vitals_lake_storage_remaining_bytes",
    &[],
    "Bytes that can still be written to the lake. NaN on HDFS without a quota.",
);
const STORAGE_LAKE_BYTES: Metric = gauge(
    "vitals_lake_storage_lake_bytes",
    &[],
    "Bytes of all files below the lake's root, each counted once.",
);
const STORAGE_LAKE_FILES: Metric =
    gauge("vitals_lake_storage_lake_files", &[], "Files below the lake's root.");
const STORAGE_SAFE_MODE: Metric = gauge(
    "vitals_lake_storage_safe_mode",
    &[],
    "1 while the HDFS NameNode refuses writes, else 0. NaN for a local lake.",
);
const STORAGE_FAILURES: Metric = counter(
    "vitals_lake_storage_failures_total",
    &[],
    "Failed measurements of the lake's storage.",
);

// The watch.

const WATCH_LAG: Metric = gauge(
    "vitals_watch_lag",
    &["partition"],
    "Readings in Kafka that the watch has not judged yet.",
);
const WATCH_READINGS: Metric =
    counter("vitals_watch_readings_total", &[], "Readings judged by the watch.");
const WATCH_REJECTED: Metric = counter(
    "vitals_watch_rejected_total",
    &["topic"],
    "Messages that the watch could not decode, by topic.",
);
const WATCH_PATIENTS: Metric = gauge("vitals_watch_patients", &[], "Patients watched.");
const WATCH_ALARMS: Metric =
    gauge("vitals_watch_active_alarms", &[], "Alarms that are active at this moment.");
const WATCH_ALERTS: Metric = counter(
    "vitals_watch_alerts_total",
    &["kind"],
    "Alerts published: raised, changed, acknowledged, silenced or cleared.",
);
const WATCH_STATES: Metric =
    counter("vitals_watch_states_total", &[], "States published on `patient-status`.");
const WATCH_ALERT_SECONDS: Metric = histogram(
    "vitals_watch_alert_seconds",
    &[],
    "Time from the arrival of the reading that caused an alert to the alert's delivery.",
);
const WATCH_FAILURES: Metric = counter(
    "vitals_watch_failures_total",
    &[],
    "Failures after which the watch restored its state.",
);

const BURDEN_RATE: Metric = gauge(
    "vitals_watch_alarms_per_patient_day",
    &[],
    "Alarms per patient and day over the last 24 hours of the whole ward. NaN without patients.",
);
const BURDEN_SHORT: Metric = gauge(
    "vitals_watch_short_alarm_ratio",
    &[],
    "Share of these alarms that ended within their delay. NaN without alarms.",
);
const BURDEN_ACKNOWLEDGED: Metric = gauge(
    "vitals_watch_acknowledged_alarm_ratio",
    &[],
    "Share of these alarms that were acknowledged. NaN without alarms.",
);
const BURDEN_RULES: Metric = gauge(
    "vitals_watch_alarms_by_rule",
    &["rule"],
    "These alarms by rule, for the ten rules with the most. `GET /watch/burden` also has the \
     patients; metrics name none.",
);

/// Every metric of the consumer, in the order of docs/metrics.md.
pub const METRICS: &[Metric] = &[
    LAG,
    FETCH_LAG,
    POSITION,
    PARTITIONS,
    PARTITIONS_BY_PHASE,
    LAKE_UP,
    PAUSED,
    CONSUMED,
    STORED,
    REJECTED,
    DROPPED,
    LOST_OFFSETS,
    UNREADABLE_OFFSETS,
    UNKNOWN_FIELDS,
    REFUSED_FIELDS,
    COMMIT_SECONDS,
    BATCH_AGE_SECONDS,
    FAILURES,
    DEAD_LETTERS,
    DEAD_LETTER_FAILURES,
    SPOOL_BATCHES,
    SPOOL_BYTES,
    SPOOL_OLDEST_SECONDS,
    SPOOL_FULL,
    SPOOL_FAILURES,
    SPOOL_QUARANTINED,
    SPOOL_QUARANTINED_TOTAL,
    RETENTION_LEFT_MINUTES,
    MAINTENANCE_RUNS,
    MAINTENANCE_FAILURES,
    MERGED_FILES,
    MAINTENANCE_SECONDS,
    LAKE_FILES,
    LAKE_BYTES,
    STORAGE_CAPACITY,
    STORAGE_USED,
    STORAGE_REMAINING,
    STORAGE_LAKE_BYTES,
    STORAGE_LAKE_FILES,
    STORAGE_SAFE_MODE,
    STORAGE_FAILURES,
    WATCH_LAG,
    WATCH_READINGS,
    WATCH_REJECTED,
    WATCH_PATIENTS,
    WATCH_ALARMS,
    WATCH_ALERTS,
    WATCH_STATES,
    WATCH_ALERT_SECONDS,
    WATCH_FAILURES,
    BURDEN_RATE,
    BURDEN_SHORT,
    BURDEN_ACKNOWLEDGED,
    BURDEN_RULES,
];

/// The metrics of one topic's archive. Clones share the label.
#[derive(Debug, Clone)]
pub(crate) struct ArchiveMetrics {
    topic: SharedString,
}

impl ArchiveMetrics {
    pub(crate) fn new(topic: Arc<str>) -> Self {
        Self { topic: topic.into() }
    }

    /// Records the result of one commit.
    pub(crate) fn record_commit(&self, rows: &CommittedRows, took: Duration, batch_age: Duration) {
        self.counter(CONSUMED).increment(rows.valid + rows.rejected);
        self.counter(STORED).increment(rows.valid);
        self.counter(DROPPED).increment(rows.dropped);
        self.histogram(COMMIT_SECONDS).record(took.as_secs_f64());
        self.histogram(BATCH_AGE_SECONDS).record(batch_age.as_secs_f64());
    }

    pub(crate) fn add_rejected(&self, reason: Reason, messages: u64) {
        let labels = [("topic", self.topic.clone()), ("reason", reason.code().into())];
        counter!(REJECTED.name, &labels).increment(messages);
    }

    pub(crate) fn add_commit_failure(&self) {
        self.counter(FAILURES).increment(1);
    }

    pub(crate) fn add_lost_offsets(&self, offsets: u64) {
        self.counter(LOST_OFFSETS).increment(offsets);
    }

    pub(crate) fn add_unreadable_offsets(&self, offsets: u64) {
        self.counter(UNREADABLE_OFFSETS).increment(offsets);
    }

    pub(crate) fn add_fields(&self, counts: FieldCounts) {
        if counts.unknown > 0 {
            self.counter(UNKNOWN_FIELDS).increment(counts.unknown);
        }
        for ((reason, device), fields) in counts.refused {
            let labels: [(&'static str, SharedString); 3] = [
                ("topic", self.topic.clone()),
                ("reason", reason.code().into()),
                ("device", device.into()),
            ];
            counter!(REFUSED_FIELDS.name, &labels).increment(fields);
        }
    }

    /// The metrics that the producer of dead letters keeps.
    pub(crate) fn dead_letter_delivery(&self) -> DeliveryMetrics {
        DeliveryMetrics {
            delivered: self.counter(DEAD_LETTERS),
            failed: self.counter(DEAD_LETTER_FAILURES),
            ..DeliveryMetrics::default()
        }
    }

    pub(crate) fn add_spool_failure(&self) {
        self.counter(SPOOL_FAILURES).increment(1);
    }

    pub(crate) fn set_lag(&self, partition: i32, messages: i64) {
        self.partition_gauge(LAG, partition).set(messages as f64);
    }

    pub(crate) fn set_fetch_lag(&self, partition: i32, messages: i64) {
        self.partition_gauge(FETCH_LAG, partition).set(messages as f64);
    }

    pub(crate) fn set_position(&self, partition: i32, offset: i64) {
        self.partition_gauge(POSITION, partition).set(offset as f64);
    }

    pub(crate) fn set_partitions(&self, partitions: usize) {
        self.gauge(PARTITIONS).set(partitions as f64);
    }

    pub(crate) fn set_partitions_in_phase(&self, phase: &'static str, partitions: usize) {
        let labels = [("topic", self.topic.clone()), ("phase", phase.into())];
        gauge!(PARTITIONS_BY_PHASE.name, &labels).set(partitions as f64);
    }

    pub(crate) fn set_lake_up(&self, up: bool) {
        self.gauge(LAKE_UP).set(flag(up));
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        self.gauge(PAUSED).set(flag(paused));
    }

    pub(crate) fn set_spool_size(&self, batches: usize, bytes: u64, oldest_s: u64) {
        self.gauge(SPOOL_BATCHES).set(batches as f64);
        self.gauge(SPOOL_BYTES).set(bytes as f64);
        self.gauge(SPOOL_OLDEST_SECONDS).set(oldest_s as f64);
    }

    pub(crate) fn set_spool_full(&self, full: bool) {
        self.gauge(SPOOL_FULL).set(flag(full));
    }

    pub(crate) fn set_spool_quarantined(&self, files: usize) {
        self.gauge(SPOOL_QUARANTINED).set(files as f64);
    }

    pub(crate) fn set_retention_left(&self, minutes: Option<i64>) {
        let minutes = minutes.map_or(f64::INFINITY, |minutes| minutes as f64);
        self.gauge(RETENTION_LEFT_MINUTES).set(minutes);
    }

    fn counter(&self, metric: Metric) -> Counter {
        counter!(metric.name, "topic" => self.topic.clone())
    }

    fn gauge(&self, metric: Metric) -> Gauge {
        gauge!(metric.name, "topic" => self.topic.clone())
    }

    fn partition_gauge(&self, metric: Metric, partition: i32) -> Gauge {
        let labels: [(&'static str, SharedString); 2] =
            [("topic", self.topic.clone()), ("partition", partition.to_string().into())];
        gauge!(metric.name, &labels)
    }

    fn histogram(&self, metric: Metric) -> Histogram {
        histogram!(metric.name, "topic" => self.topic.clone())
    }
}

/// The rows of a batch by their fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CommittedRows {
    /// Readings, predictions or contexts.
    pub(crate) valid: u64,
    /// Rejected messages.
    pub(crate) rejected: u64,
    /// Rows left out of the commit.
    pub(crate) dropped: u64,
}

pub(crate) fn add_quarantined_file() {
    counter!(SPOOL_QUARANTINED_TOTAL.name).increment(1);
}

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

pub(crate) fn set_watch_lag(partition: i32, messages: i64) {
    gauge!(WATCH_LAG.name, "partition" => partition.to_string()).set(messages as f64);
}

/// Sets the lag of a partition that another instance watches from now on.
pub(crate) fn clear_watch_lag(partition: i32) {
    set_watch_lag(partition, 0);
}

pub(crate) fn add_watch_readings(readings: u64) {
    counter!(WATCH_READINGS.name).increment(readings);
}

pub(crate) fn count_watch_rejected(topic: &str) {
    counter!(WATCH_REJECTED.name, "topic" => topic.to_owned()).increment(1);
}

pub(crate) fn set_watch_patients(patients: usize) {
    gauge!(WATCH_PATIENTS.name).set(patients as f64);
}

pub(crate) fn set_active_alarms(alarms: usize) {
    gauge!(WATCH_ALARMS.name).set(alarms as f64);
}

pub(crate) fn count_alert(kind: &'static str) {
    counter!(WATCH_ALERTS.name, "kind" => kind).increment(1);
}

pub(crate) fn count_watch_state() {
    counter!(WATCH_STATES.name).increment(1);
}

/// Records the milliseconds from a reading's arrival to the delivery of its alert.
pub(crate) fn record_alert_latency(latency_ms: i64) {
    histogram!(WATCH_ALERT_SECONDS.name).record(latency_ms.max(0) as f64 / 1000.0);
}

pub(crate) fn count_watch_failure() {
    counter!(WATCH_FAILURES.name).increment(1);
}

pub(crate) fn set_burden(burden: &Burden) {
    let value = |value: Option<f64>| value.unwrap_or(f64::NAN);
    gauge!(BURDEN_RATE.name).set(value(burden.alarms_per_patient_day));
    gauge!(BURDEN_SHORT.name).set(value(burden.short_share));
    gauge!(BURDEN_ACKNOWLEDGED.name).set(value(burden.acknowledged_share));
    for rule in &burden.top_rules {
        gauge!(BURDEN_RULES.name, "rule" => rule.rule.clone()).set(rule.alarms as f64);
    }
}

fn bytes_or_nan(bytes: Option<u64>) -> f64 {
    bytes.map_or(f64::NAN, |bytes| bytes as f64)
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

#[cfg(test)]
mod tests {
    use vitals_core::runtime::metrics::assert_documented;

    use super::METRICS;

    #[test]
    fn every_metric_is_documented() {
        assert_documented("consumer", METRICS);
    }
}
