//! Progress of each partition: its position moves, or equals the end of Kafka's log.
//!
//! An error in place of messages names its partition. A stall without any error does not: a poller
//! that hangs, a broker that answers with nothing, a transaction that nobody ends. It shows in the
//! positions alone.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{
    StatusRecorder,
    snapshot::{PartitionStatus, Phase, TopicStatus},
};

/// The condition of readiness.
const CONDITION: &str = "progress";

/// The time between two checks.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Checks progress until shutdown. A partition may stand still for `limit`.
pub(crate) async fn watch_progress(
    recorder: StatusRecorder,
    limit: Duration,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let sleep = tokio::time::sleep(CHECK_INTERVAL);
        if shutdown.run_until_cancelled(sleep).await.is_none() {
            return Ok(());
        }
        recorder.check_progress(Instant::now(), limit);
    }
}

impl StatusRecorder {
    /// Sets the end of the messages that no open transaction holds back.
    pub(crate) fn set_stable_end(&self, partition: i32, end: i64) {
        if let Some(partition) = self.status().partitions.get_mut(&partition) {
            partition.stable_end = Some(end);
        }
    }

    /// Sets condition `progress`, and the stall of each partition, at `now`.
    fn check_progress(&self, now: Instant, limit: Duration) {
        let mut status = self.status();
        for partition in status.partitions.values_mut() {
            partition.update_progress(now);
            partition.stalled = partition.stall(now, limit);
        }
        let stalled = status.stalled();
        if stalled.is_empty() {
            self.readiness.met(CONDITION);
            return;
        }
        // Logged when the condition turns, not at every check.
        if self.readiness.holds(CONDITION) {
            tracing::warn!(reason = stalled, "partitions make no progress");
        }
        self.readiness.missing(CONDITION, stalled);
    }
}

impl TopicStatus {
    /// The partitions without progress, by what holds them; empty if all make progress.
    fn stalled(&self) -> String {
        let mut by_cause: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for partition in self.partitions.values() {
            if let Some(cause) = &partition.stalled {
                by_cause.entry(cause).or_default().push(partition.partition);
            }
        }
        let causes = by_cause.iter().map(|(cause, partitions)| format!("{partitions:?}: {cause}"));
        causes.collect::<Vec<_>>().join("; ")
    }
}

impl PartitionStatus {
    fn update_progress(&mut self, now: Instant) {
        // A stopped partition has a reason of its own.
        let is_done = self.phase == Phase::Stopped || self.lag == Some(0);
        let has_moved = self.position != self.checked_position;
        self.checked_position = self.position;
        if is_done || has_moved || self.progressed.is_none() {
            self.progressed = Some(now);
        }
    }

    /// The cause of a stall, without figures that change at every check.
    fn stall(&self, now: Instant, limit: Duration) -> Option<String> {
        let since = now.saturating_duration_since(self.progressed?);
        if since < limit {
            return None;
        }
        Some(match (self.phase, &self.reason) {
            (Phase::Waiting, Some(reason)) => format!("not started: {reason}"),
            (Phase::Waiting, None) => "not started".to_owned(),
            // The client delivers nothing behind an open transaction.
            _ if self.position.is_some() && self.stable_end == self.position => {
                "an open transaction holds the messages back".to_owned()
            }
            _ => "messages wait, but the position does not move".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::{domain::log_id::LogId, runtime::readiness::Readiness};
    use vitals_lake::position::Positions;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    struct Fixture {
        recorder: StatusRecorder,
        now: Instant,
    }

    impl Fixture {
        /// A partition that is archived up to offset 10.
        fn reading() -> Self {
            let readiness = Readiness::default();
            let recorder = StatusRecorder::new("vitals", "vitals", readiness);
            recorder.set_waiting(0, "starting");
            recorder.set_reading(0, &LogId::new("c1", 1));
            let fixture = Self { recorder, now: Instant::now() };
            fixture.commit(10);
            fixture.recorder.set_high_watermark(0, 10);
            fixture
        }

        fn commit(&self, position: i64) {
            let positions = Positions::from([(0, position)]);
            self.recorder.record_commit(&positions, 1, Duration::ZERO, Duration::ZERO);
        }

        /// The reasons `seconds` later.
        fn after(&mut self, seconds: u64) -> Vec<String> {
            self.now += Duration::from_secs(seconds);
            self.recorder.check_progress(self.now, LIMIT);
            self.recorder.readiness.reasons()
        }
    }

    #[test]
    fn a_stall_without_an_error_is_a_reason_until_the_position_moves() {
        let mut fixture = Fixture::reading();
        assert!(fixture.after(1).is_empty());
        assert!(fixture.after(600).is_empty(), "nothing is left to archive");
        fixture.recorder.set_high_watermark(0, 15);
        assert!(fixture.after(59).is_empty());
        let stalled = "progress: [0]: messages wait, but the position does not move";
        assert_eq!(fixture.after(1), [stalled]);
        fixture.commit(12);
        assert!(fixture.after(1).is_empty(), "slow is no stall");
        assert_eq!(fixture.after(120), [stalled]);
        fixture.recorder.remove_partition(0);
        assert!(fixture.after(1).is_empty(), "revoked");
    }

    #[test]
    fn a_stall_has_its_cause() {
        let mut fixture = Fixture::reading();
        fixture.recorder.set_high_watermark(0, 15);
        fixture.recorder.set_stable_end(0, 10);
        assert!(fixture.after(1).is_empty());
        let open = "progress: [0]: an open transaction holds the messages back";
        assert_eq!(fixture.after(60), [open]);
        fixture.recorder.set_waiting(1, "starting");
        assert_eq!(fixture.after(1), [open]);
        assert_eq!(fixture.after(60), [open.to_owned() + "; [1]: not started: starting"]);
        fixture.recorder.set_stopped(0, "recreated");
        fixture.recorder.set_stopped(1, "recreated");
        assert!(fixture.after(60).iter().all(|reason| !reason.starts_with("progress")));
    }
}
