//! The recorder of a topic's status.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use vitals_core::{
    domain::{log_id::LogId, rejection::Reason},
    runtime::readiness::Readiness,
};
use vitals_lake::position::Positions;

use super::snapshot::{CommitStatus, LakeStatus, PartitionStatus, Phase, SpoolStatus, TopicStatus};
use crate::{archive::spool::SpoolLevel, metrics::ArchiveMetrics};

/// Bounds of the age of the last commit after which a partition's rate is reported as 0.
const RATE_EXPIRY: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(60);

/// Records the status of one topic's archive, and sets the gauges. Clones share the status.
#[derive(Debug, Clone)]
pub struct StatusRecorder {
    pub(super) readiness: Readiness,
    metrics: ArchiveMetrics,
    status: Arc<Mutex<TopicStatus>>,
}

impl StatusRecorder {
    /// The recorder of `topic`, which is archived to `table`.
    pub(crate) fn new(topic: &str, table: &'static str, readiness: Readiness) -> Self {
        let status = TopicStatus { topic: topic.to_owned(), table, ..TopicStatus::default() };
        let metrics = ArchiveMetrics::new(topic.into());
        Self { readiness, metrics, status: Arc::new(Mutex::new(status)) }
    }

    /// The metrics of the topic.
    pub(crate) const fn metrics(&self) -> &ArchiveMetrics {
        &self.metrics
    }

    /// The current status.
    pub(crate) fn snapshot(&self) -> TopicStatus {
        // Values that depend on the time of the request are set here.
        let mut status = self.status().clone();
        status.missing = self.readiness.reasons();
        status.commit.age_s = status.commit.at.map(|at| at.elapsed().as_secs());
        for partition in status.partitions.values_mut() {
            if partition.committed.is_none_or(|at| at.elapsed() > expiry(partition.interval)) {
                partition.rate_per_s = 0.0;
            }
        }
        status
    }

    pub(super) fn status(&self) -> MutexGuard<'_, TopicStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if the phase or the reason changed.
    pub(crate) fn set_waiting(&self, partition: i32, reason: &str) -> bool {
        self.set_phase(partition, Phase::Waiting, Some(reason.to_owned()), false)
    }

    /// Notes that a partition can't be read, with the reason. Returns true if the phase or the
    /// reason changed.
    pub(crate) fn set_unavailable(&self, partition: i32, reason: &str) -> bool {
        self.set_phase(partition, Phase::Waiting, Some(reason.to_owned()), true)
    }

    /// Returns true if the phase or the reason changed.
    pub(crate) fn set_stopped(&self, partition: i32, reason: &str) -> bool {
        self.set_phase(partition, Phase::Stopped, Some(reason.to_owned()), false)
    }

    pub(crate) fn set_reading(&self, partition: i32, log: &LogId) {
        self.set_phase(partition, Phase::Reading, None, false);
        if let Some(partition) = self.status().partitions.get_mut(&partition) {
            partition.log = log.to_string();
        }
    }

    fn set_phase(&self, id: i32, phase: Phase, reason: Option<String>, unavailable: bool) -> bool {
        let mut status = self.status();
        let partition = status.partitions.entry(id).or_default();
        let changed = partition.phase != phase || partition.reason != reason;
        // The time of a stall counts from the start of a phase.
        if partition.phase != phase {
            partition.progressed = None;
        }
        partition.partition = id;
        partition.phase = phase;
        partition.reason = reason;
        partition.unavailable = unavailable;
        self.update_phase_gauges(&status);
        self.update_readiness(&status);
        changed
    }

    /// Sets the error of a partition's last fetch; `None` after a message. Returns true if a
    /// failure begins or ends.
    pub(crate) fn set_fetch_error(&self, id: i32, error: Option<String>) -> bool {
        let mut status = self.status();
        let Some(partition) = status.partitions.get_mut(&id) else { return false };
        let changed = partition.fetch_error.is_some() != error.is_some();
        partition.fetch_error = error;
        self.update_readiness(&status);
        changed
    }

    /// The high watermark of a partition's log, as known last.
    pub(crate) fn high_watermark(&self, partition: i32) -> Option<i64> {
        self.status().partitions.get(&partition)?.high_watermark
    }

    /// Returns true if the group has assigned `partition` to this instance.
    pub(crate) fn is_assigned(&self, partition: i32) -> bool {
        self.status().partitions.contains_key(&partition)
    }

    /// Removes a partition that was revoked.
    pub(crate) fn remove_partition(&self, partition: i32) {
        let mut status = self.status();
        status.partitions.remove(&partition);
        self.update_phase_gauges(&status);
        self.update_readiness(&status);
        self.metrics.set_lag(partition, 0);
    }

    pub(crate) fn set_high_watermark(&self, partition: i32, high: i64) {
        if let Some(partition) = self.status().partitions.get_mut(&partition) {
            partition.high_watermark = Some(high);
            self.update_lag(partition);
        }
    }

    /// Raises the high watermark to one that an earlier response reported. While a partition can't
    /// be fetched, the client's statistics keep an old one.
    pub(crate) fn raise_high_watermark(&self, partition: i32, high: i64) {
        let known = self.high_watermark(partition);
        if known.is_none_or(|known| known < high) {
            self.set_high_watermark(partition, high);
        }
    }

    /// Sets the positions that were read from the table.
    pub(crate) fn set_positions(&self, positions: &Positions) {
        let mut status = self.status();
        for (id, position) in positions {
            if let Some(partition) = status.partitions.get_mut(id) {
                partition.position = Some(*position);
                self.update_lag(partition);
            }
        }
    }

    /// Records a commit that moved the table to `positions`.
    pub(crate) fn record_commit(
        &self,
        positions: &Positions,
        rows: usize,
        took: Duration,
        batch_age: Duration,
    ) {
        let mut status = self.status();
        let now = Instant::now();
        status.commit = CommitStatus {
            age_s: None,
            took_ms: milliseconds(took),
            batch_age_ms: milliseconds(batch_age),
            rows,
            at: Some(now),
        };
        for (id, position) in positions {
            let Some(partition) = status.partitions.get_mut(id) else { continue };
            // The first commit has no predecessor to measure a rate from.
            if let (Some(before), Some(at)) = (partition.position, partition.committed) {
                partition.interval = now.duration_since(at);
                partition.rate_per_s = rate(position - before, partition.interval);
            }
            partition.position = Some(*position);
            partition.committed = Some(now);
            self.update_lag(partition);
        }
    }

    pub(crate) fn record_rejected(&self, reason: Reason, messages: u64) {
        self.metrics.add_rejected(reason, messages);
        *self.status().rejected.entry(reason.code()).or_default() += messages;
    }

    /// Sets the error of the last request to the lake; `None` after a success.
    pub(crate) fn set_lake(&self, error: Option<String>) {
        let answers = error.is_none();
        self.metrics.set_lake_up(answers);
        self.status().lake = LakeStatus { answers, error };
    }

    /// Sets the topic's `retention.ms`.
    pub(crate) fn set_retention_ms(&self, retention: Option<i64>) {
        self.status().retention_ms = retention;
    }

    pub(crate) fn set_spool(&self, level: SpoolLevel, full: bool) {
        let mut status = self.status();
        let retention_left_minutes = match status.retention_ms {
            // Once retention has deleted the oldest spooled offsets, the spool is their only copy.
            Some(retention_ms) if level.batches > 0 => {
                let oldest_ms = i64::try_from(level.oldest_s).unwrap_or(0) * 1000;
                Some((retention_ms - oldest_ms) / 60_000)
            }
            _ => None,
        };
        self.metrics.set_spool_size(level.batches, level.bytes, level.oldest_s);
        self.metrics.set_spool_quarantined(level.quarantined);
        self.metrics.set_spool_full(full);
        self.metrics.set_retention_left(retention_left_minutes);
        status.spool = SpoolStatus { level, full, retention_left_minutes };
    }

    fn update_lag(&self, partition: &mut PartitionStatus) {
        let (Some(high), Some(position)) = (partition.high_watermark, partition.position) else {
            return;
        };
        // The two were read at different moments, so the position may be ahead.
        let lag = (high - position).max(0);
        partition.lag = Some(lag);
        self.metrics.set_lag(partition.partition, lag);
    }

    /// Sets condition `partitions`: every partition is read, or an operator learns why it isn't.
    fn update_readiness(&self, status: &TopicStatus) {
        let obstacles = status.obstacles();
        if obstacles.is_empty() {
            self.readiness.met("partitions");
        } else {
            self.readiness.missing("partitions", obstacles);
        }
    }

    fn update_phase_gauges(&self, status: &TopicStatus) {
        for phase in Phase::ALL {
            let partitions = status.partitions.values().filter(|it| it.phase == phase).count();
            self.metrics.set_partitions_in_phase(phase.name(), partitions);
        }
    }
}

/// Messages per second, with one decimal.
fn rate(messages: i64, time: Duration) -> f64 {
    let per_second = messages as f64 / time.as_secs_f64().max(0.001);
    (per_second * 10.0).round() / 10.0
}

/// The age of the last commit after which the rate over `interval`, the time between the last two, no
/// longer holds: the next commit is overdue.
fn expiry(interval: Duration) -> Duration {
    (2 * interval).clamp(*RATE_EXPIRY.start(), *RATE_EXPIRY.end())
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
