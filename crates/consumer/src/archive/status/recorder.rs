//! What the archive says of itself: `GET /status`, and the gauges that say the same.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::State, routing::get};
use metrics::{SharedString, gauge};
use vitals_core::{domain::rejection::Reason, runtime::readiness::Readiness};
use vitals_lake::position::Positions;

use crate::archive::{
    spool::queue::Level,
    status::snapshot::{Commit, LakeState, Partition, Phase, SpoolState, Status},
};

/// A partition's rate is of no use when nothing was committed for this long.
const FORGET_RATE: Duration = Duration::from_secs(60);

/// The state of one topic's archive; clones share it.
#[derive(Debug, Clone)]
pub struct StatusRecorder {
    topic: Arc<str>,
    readiness: Readiness,
    status: Arc<Mutex<Status>>,
}

/// `GET /status`: every topic with its partitions.
pub fn router(recorders: Vec<StatusRecorder>) -> Router {
    async fn status(State(recorders): State<Arc<[StatusRecorder]>>) -> Json<serde_json::Value> {
        let topics: Vec<_> = recorders.iter().map(StatusRecorder::json).collect();
        Json(serde_json::json!({ "topics": topics }))
    }
    Router::new().route("/status", get(status)).with_state(recorders.into())
}

impl StatusRecorder {
    /// The recorder of `topic`, archived to `table`.
    pub(crate) fn new(topic: &str, table: &'static str, readiness: Readiness) -> Self {
        let status = Status { topic: topic.to_owned(), table, ..Status::default() };
        Self { topic: topic.into(), readiness, status: Arc::new(Mutex::new(status)) }
    }

    /// The topic, as a metric's label.
    pub(crate) fn topic(&self) -> SharedString {
        Arc::clone(&self.topic).into()
    }

    /// The labels of a metric about one partition.
    pub(crate) fn labels(&self, partition: i32) -> [(&'static str, SharedString); 2] {
        [("topic", self.topic()), ("partition", partition.to_string().into())]
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn json(&self) -> serde_json::Value {
        let mut status = self.status().clone();
        status.missing = self.readiness.reasons();
        status.commit.age_s = status.commit.at.map(|at| at.elapsed().as_secs());
        for partition in status.partitions.values_mut() {
            if partition.committed.is_none_or(|at| at.elapsed() > FORGET_RATE) {
                partition.rate_per_s = 0.0;
            }
        }
        let partitions: Vec<_> = status.partitions.values().cloned().collect();
        let mut json = serde_json::to_value(&status).unwrap_or_default();
        json["partitions"] = serde_json::to_value(partitions).unwrap_or_default();
        json
    }

    /// Whether that is news.
    pub(crate) fn set_waiting(&self, partition: i32, reason: &str) -> bool {
        self.set_phase(partition, Phase::Waiting, Some(reason.to_owned()))
    }

    /// Whether that is news.
    pub(crate) fn set_stopped(&self, partition: i32, reason: &str) -> bool {
        self.set_phase(partition, Phase::Stopped, Some(reason.to_owned()))
    }

    pub(crate) fn set_reading(&self, partition: i32, log: &str) {
        self.set_phase(partition, Phase::Reading, None);
        if let Some(partition) = self.status().partitions.get_mut(&partition) {
            log.clone_into(&mut partition.log);
        }
    }

    fn set_phase(&self, id: i32, phase: Phase, reason: Option<String>) -> bool {
        let mut status = self.status();
        let partition = status.partitions.entry(id).or_default();
        let news = (partition.phase, &partition.reason) != (phase, &reason);
        *partition = Partition { partition: id, phase, reason, ..partition.clone() };
        self.update_phase_gauges(&status);
        news
    }

    pub(crate) fn is_assigned(&self, partition: i32) -> bool {
        self.status().partitions.contains_key(&partition)
    }

    /// The partitions that need a decision by people.
    pub(crate) fn stopped_partitions(&self) -> Vec<i32> {
        let status = self.status();
        let stopped = status.partitions.values().filter(|it| it.phase == Phase::Stopped);
        stopped.map(|it| it.partition).collect()
    }

    /// The partition is no longer ours.
    pub(crate) fn remove_partition(&self, partition: i32) {
        let mut status = self.status();
        status.partitions.remove(&partition);
        self.update_phase_gauges(&status);
        gauge!("vitals_archive_lag", &self.labels(partition)).set(0.0);
    }

    /// Kafka's log ends at `high`.
    pub(crate) fn set_high_watermark(&self, partition: i32, high: i64) {
        if let Some(partition) = self.status().partitions.get_mut(&partition) {
            partition.high_watermark = Some(high);
            self.update_lag(partition);
        }
    }

    /// The lake stands at these positions, as read from the table.
    pub(crate) fn set_positions(&self, positions: &Positions) {
        let mut status = self.status();
        for (id, position) in positions {
            if let Some(partition) = status.partitions.get_mut(id) {
                partition.position = Some(*position);
                self.update_lag(partition);
            }
        }
    }

    /// A commit moved the lake to these positions.
    pub(crate) fn record_commit(
        &self,
        positions: &Positions,
        rows: usize,
        took: Duration,
        age: Duration,
    ) {
        let mut status = self.status();
        let now = Instant::now();
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        status.commit =
            Commit { age_s: None, took_ms: ms(took), batch_age_ms: ms(age), rows, at: Some(now) };
        for (id, position) in positions {
            let Some(partition) = status.partitions.get_mut(id) else { continue };
            if let (Some(before), Some(at)) = (partition.position, partition.committed) {
                let seconds = now.duration_since(at).as_secs_f64().max(0.001);
                #[expect(clippy::cast_precision_loss, reason = "a rate")]
                let rate = (position - before) as f64 / seconds;
                partition.rate_per_s = (rate * 10.0).round() / 10.0;
            }
            partition.position = Some(*position);
            partition.committed = Some(now);
            self.update_lag(partition);
        }
    }

    pub(crate) fn record_rejected(&self, reason: Reason, count: u64) {
        *self.status().rejected.entry(reason.code()).or_default() += count;
    }

    pub(crate) fn set_lake(&self, error: Option<String>) {
        let answers = error.is_none();
        gauge!("vitals_archive_lake_up", "topic" => self.topic()).set(f64::from(u8::from(answers)));
        self.status().lake = LakeState { answers, error };
    }

    pub(crate) fn set_retention_ms(&self, retention: Option<i64>) {
        self.status().retention_ms = retention;
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges")]
    pub(crate) fn set_spool(&self, level: Level, full: bool) {
        let mut status = self.status();
        let oldest_ms = i64::try_from(level.oldest_s).unwrap_or(0) * 1000;
        let left = status.retention_ms.filter(|_| level.batches > 0);
        let left = left.map(|retention| (retention - oldest_ms) / 60_000);
        let topic = || self.topic();
        gauge!("vitals_archive_spool_batches", "topic" => topic()).set(level.batches as f64);
        gauge!("vitals_archive_spool_bytes", "topic" => topic()).set(level.bytes as f64);
        gauge!("vitals_archive_spool_oldest_seconds", "topic" => topic())
            .set(level.oldest_s as f64);
        gauge!("vitals_archive_spool_quarantined", "topic" => topic())
            .set(level.quarantined as f64);
        gauge!("vitals_archive_spool_full", "topic" => topic()).set(f64::from(u8::from(full)));
        gauge!("vitals_archive_retention_left_minutes", "topic" => topic())
            .set(left.map_or(f64::INFINITY, |left| left as f64));
        status.spool = SpoolState { level, full, retention_left_minutes: left };
    }

    fn update_lag(&self, partition: &mut Partition) {
        let (Some(high), Some(position)) = (partition.high_watermark, partition.position) else {
            return;
        };
        // The two are not read at the same moment.
        let lag = (high - position).max(0);
        partition.lag = Some(lag);
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        gauge!("vitals_archive_lag", &self.labels(partition.partition)).set(lag as f64);
    }

    fn update_phase_gauges(&self, status: &Status) {
        for (phase, name) in
            [(Phase::Waiting, "waiting"), (Phase::Reading, "reading"), (Phase::Stopped, "stopped")]
        {
            let count = status.partitions.values().filter(|it| it.phase == phase).count();
            let labels = [("topic", self.topic()), ("phase", name.into())];
            gauge!("vitals_archive_partitions_by_phase", &labels).set(count as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder() -> StatusRecorder {
        StatusRecorder::new("vitals", "vitals", Readiness::waiting_for(&["kafka"]))
    }

    #[test]
    fn the_status_says_what_an_operator_asks() {
        let recorder = recorder();
        recorder.set_waiting(0, "starting");
        recorder.set_reading(0, "cluster");
        recorder.set_stopped(1, "Kafka's log ends at 10");
        recorder.set_high_watermark(0, 1900);
        recorder.set_retention_ms(Some(3_600_000));
        let positions = Positions::from([(0, 1200), (7, 5)]);
        recorder.record_commit(
            &positions,
            500,
            Duration::from_millis(540),
            Duration::from_millis(5600),
        );
        recorder.record_rejected(Reason::NotJson, 3);
        recorder.set_lake(Some("lake: commit: no answer within 30s".to_owned()));
        recorder.set_spool(
            Level { batches: 12, bytes: 61_000_000, oldest_s: 71, quarantined: 0 },
            false,
        );
        insta::assert_json_snapshot!(recorder.json());
    }

    #[test]
    fn a_removed_partition_is_not_shown() {
        let recorder = recorder();
        assert!(recorder.set_stopped(3, "recreated"));
        assert!(!recorder.set_stopped(3, "recreated"), "no news");
        assert_eq!(recorder.stopped_partitions(), [3]);
        recorder.remove_partition(3);
        assert!(recorder.stopped_partitions().is_empty() && !recorder.is_assigned(3));
        recorder.set_high_watermark(3, 10);
        assert_eq!(recorder.json()["partitions"], serde_json::json!([]));
    }
}
