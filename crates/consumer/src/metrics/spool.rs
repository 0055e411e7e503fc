//! The spool.
#![expect(clippy::disallowed_macros, reason = "one of the files that record this crate's metrics")]

use metrics::counter;
use vitals_core::runtime::metrics::Metric;

use super::{
    archive::ArchiveMetrics,
    definition::{TOPIC, counter, flag, gauge},
};

pub(super) const SPOOL_BATCHES: Metric =
    gauge("vitals_archive_spool_batches", TOPIC, "Batches in the spool.");
pub(super) const SPOOL_BYTES: Metric =
    gauge("vitals_archive_spool_bytes", TOPIC, "Bytes of the batches in the spool.");
pub(super) const SPOOL_OLDEST_SECONDS: Metric =
    gauge("vitals_archive_spool_oldest_seconds", TOPIC, "Age of the oldest message in the spool.");
pub(super) const SPOOL_FULL: Metric =
    gauge("vitals_archive_spool_full", TOPIC, "1 while the spool accepts no batch, else 0.");
pub(super) const SPOOL_FAILURES: Metric = counter(
    "vitals_archive_spool_failures_total",
    TOPIC,
    "Failed writes to the spool, including those refused at a watermark.",
);
pub(super) const SPOOL_QUARANTINED: Metric =
    gauge("vitals_archive_spool_quarantined", TOPIC, "Spool files in quarantine.");
pub(super) const SPOOL_QUARANTINED_TOTAL: Metric =
    counter("vitals_archive_spool_quarantined_total", &[], "Spool files quarantined since start.");
pub(super) const RETENTION_LEFT_MINUTES: Metric = gauge(
    "vitals_archive_retention_left_minutes",
    TOPIC,
    "Time until Kafka may delete messages that only the spool has: the topic's retention.ms less \
     the age of the oldest spooled message. +Inf while the spool is empty or the retention is \
     unknown.",
);

impl ArchiveMetrics {
    pub(crate) fn add_spool_failure(&self) {
        self.counter(SPOOL_FAILURES).increment(1);
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
}

pub(crate) fn add_quarantined_file() {
    counter!(SPOOL_QUARANTINED_TOTAL.name).increment(1);
}
