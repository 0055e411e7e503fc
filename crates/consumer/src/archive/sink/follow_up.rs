//! The consequences of a commit or of its failure: status, readiness, rewinds.

use std::{
    sync::{Arc, mpsc::Sender},
    time::Instant,
};

use vitals_core::runtime::readiness::Readiness;

use super::{acknowledge::Acknowledger, outcome::CommitOutcome};
use crate::archive::{
    batch::{Batch, PendingBatch},
    epochs::Epochs,
    spool::StaleRead,
    status::StatusRecorder,
};

/// Interval, in failures, between two warnings while the lake is unavailable.
const FAILURES_PER_WARNING: u32 = 30;

/// Follows up on commits.
pub(crate) struct FollowUp {
    pub(crate) acknowledger: Acknowledger,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) readiness: Readiness,
    pub(crate) recorder: StatusRecorder,
    /// Partitions that the polling thread has to read again from the table's position.
    pub(crate) rewinds: Sender<i32>,
}

impl FollowUp {
    pub(super) fn on_committed(
        &self,
        failures: &mut u32,
        pending: PendingBatch,
        outcome: &CommitOutcome,
        started: Instant,
    ) {
        // The first success after an outage.
        if std::mem::take(failures) > 0 {
            tracing::info!("lake available again");
        }
        self.acknowledger.acknowledge(pending, outcome, started);
        self.readiness.met("lake");
        self.recorder.set_lake(None);
        // A hole before the batch, such as after a damaged spool file, is read again from Kafka.
        for partition in &outcome.plan.rewind {
            tracing::warn!(
                kafka.partition = partition,
                "batch does not start at the table's position; rewinding the partition"
            );
            self.rewind(*partition);
        }
    }

    pub(super) fn on_failed(&self, failures: &mut u32, error: &anyhow::Error) {
        self.recorder.metrics().add_commit_failure();
        let error = format!("{error:#}");
        if failures.is_multiple_of(FAILURES_PER_WARNING) {
            tracing::warn!(failures, error, "commit to the lake failed");
        }
        *failures += 1;
        // The archive continues into the spool, but it is not ready.
        self.readiness.missing("lake", error.clone());
        self.recorder.set_lake(Some(error));
    }

    /// Rewinds the partitions of damaged spool files, unless another member owns them by now.
    pub(super) fn rewind_damaged(&self, damaged: &[StaleRead]) {
        for (partition, epoch) in damaged {
            if self.epochs.is_current(*partition, *epoch) {
                self.rewind(*partition);
            }
        }
    }

    pub(super) fn send_dead_letters(&self, batch: Batch) {
        self.acknowledger.send_dead_letters(batch);
    }

    fn rewind(&self, partition: i32) {
        // The polling thread outlives this task unless it failed.
        let _ended = self.rewinds.send(partition);
    }
}
