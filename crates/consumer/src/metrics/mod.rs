//! The consumer's metrics: their names, labels and help, and the functions that record them. No other
//! module records any.
//!
//! ```text
//!  definition ──▶ archive: the label of a topic ──▶ partitions, messages, spool
//!            └──▶ tables, watch
//! ```

mod definition;
mod archive;
mod partitions;
mod messages;
mod spool;
mod tables;
mod watch;

use vitals_core::runtime::metrics::Metric;

pub(crate) use self::{
    archive::ArchiveMetrics,
    messages::CommittedRows,
    spool::add_quarantined_file,
    tables::{
        add_lake_storage_failure, add_maintenance_failure, record_maintenance, set_lake_storage,
        set_table_size,
    },
    watch::{
        add_watch_readings, clear_watch_lag, count_alert, count_watch_failure,
        count_watch_rejected, count_watch_state, record_alert_latency, set_active_alarms,
        set_burden, set_watch_lag, set_watch_patients,
    },
};
use self::{
    messages::{
        BATCH_AGE_SECONDS, COMMIT_SECONDS, CONSUMED, DEAD_LETTER_FAILURES, DEAD_LETTERS, DROPPED,
        FAILURES, LOST_OFFSETS, REFUSED_FIELDS, REJECTED, STORED, UNKNOWN_FIELDS,
        UNREADABLE_OFFSETS,
    },
    partitions::{FETCH_LAG, LAG, LAKE_UP, PARTITIONS, PARTITIONS_BY_PHASE, PAUSED, POSITION},
    spool::{
        RETENTION_LEFT_MINUTES, SPOOL_BATCHES, SPOOL_BYTES, SPOOL_FAILURES, SPOOL_FULL,
        SPOOL_OLDEST_SECONDS, SPOOL_QUARANTINED, SPOOL_QUARANTINED_TOTAL,
    },
    tables::{
        LAKE_BYTES, LAKE_FILES, MAINTENANCE_FAILURES, MAINTENANCE_RUNS, MAINTENANCE_SECONDS,
        MERGED_FILES, STORAGE_CAPACITY, STORAGE_FAILURES, STORAGE_LAKE_BYTES, STORAGE_LAKE_FILES,
        STORAGE_REMAINING, STORAGE_SAFE_MODE, STORAGE_USED,
    },
    watch::{
        BURDEN_ACKNOWLEDGED, BURDEN_RATE, BURDEN_RULES, BURDEN_SHORT, WATCH_ALARMS,
        WATCH_ALERT_SECONDS, WATCH_ALERTS, WATCH_FAILURES, WATCH_LAG, WATCH_PATIENTS,
        WATCH_READINGS, WATCH_REJECTED, WATCH_STATES,
    },
};

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

#[cfg(test)]
mod tests {
    use vitals_core::runtime::metrics::assert_documented;

    use super::METRICS;

    #[test]
    fn every_metric_is_documented() {
        assert_documented("consumer", METRICS);
    }
}
