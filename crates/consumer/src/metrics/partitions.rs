//! Progress of the partitions, and backpressure.
#![expect(clippy::disallowed_macros, reason = "one of the files that record this crate's metrics")]

use metrics::gauge;
use vitals_core::runtime::metrics::Metric;

use super::{
    archive::ArchiveMetrics,
    definition::{PARTITION, TOPIC, flag, gauge},
};

pub(super) const LAG: Metric = gauge(
    "vitals_archive_lag",
    PARTITION,
    "Messages in Kafka that are not in the lake. At least 1 for a log that ends with a \
     transaction marker.",
);
pub(super) const FETCH_LAG: Metric = gauge(
    "vitals_archive_fetch_lag",
    PARTITION,
    "Messages that the Kafka client has not fetched yet.",
);
pub(super) const POSITION: Metric = gauge(
    "vitals_archive_position",
    PARTITION,
    "Next offset to archive, according to the last commit.",
);
pub(super) const PARTITIONS: Metric =
    gauge("vitals_archive_partitions", TOPIC, "Partitions that this instance reads.");
pub(super) const PARTITIONS_BY_PHASE: Metric = gauge(
    "vitals_archive_partitions_by_phase",
    &["topic", "phase"],
    "Assigned partitions by phase: waiting, reading or stopped.",
);
pub(super) const LAKE_UP: Metric =
    gauge("vitals_archive_lake_up", TOPIC, "1 if the last request to the lake succeeded, else 0.");
pub(super) const PAUSED: Metric = gauge(
    "vitals_archive_paused",
    TOPIC,
    "1 while consumption is paused by backpressure or memory, else 0.",
);

impl ArchiveMetrics {
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
}
