//! The acknowledgement of a commit: metrics, dead letters, Kafka's committed offsets.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer as _},
};
use vitals_core::domain::rejection::Reason;
use vitals_lake::position::Positions;

use super::{dead_letter_queue::DeadLetterQueue, outcome::CommitOutcome};
use crate::{
    archive::{
        batch::{Batch, PendingBatch},
        client::Client,
        status::StatusRecorder,
    },
    failpoint::{self, Failpoint},
    metrics::CommittedRows,
};

/// Acknowledges commits.
pub(crate) struct Acknowledger {
    pub(crate) client: Arc<Client>,
    pub(crate) dead_letters: DeadLetterQueue,
    pub(crate) topic: String,
    pub(crate) recorder: StatusRecorder,
}

impl Acknowledger {
    /// Records a commit that began at `started`, and commits its offsets to Kafka.
    pub(super) fn acknowledge(
        &self,
        pending: PendingBatch,
        outcome: &CommitOutcome,
        started: Instant,
    ) {
        let next = outcome.plan.next();
        self.record(&pending, outcome, &next, started);
        // A spooled batch no longer has its messages: its dead letters were sent when it was
        // spooled.
        if !pending.spooled {
            self.send_committed_dead_letters(pending.batch, outcome);
        }
        if let Err(error) = self.commit_offsets(&next) {
            tracing::debug!(error = format!("{error:#}"), "failed to commit offsets to Kafka");
        }
    }

    /// Records the commit in metrics, status and log.
    fn record(
        &self,
        pending: &PendingBatch,
        outcome: &CommitOutcome,
        next: &Positions,
        started: Instant,
    ) {
        let batch = &pending.batch;
        let committed = outcome.total_rows();
        let rejected = rejected_by_reason(batch, outcome);
        let rows = CommittedRows {
            valid: outcome.total_valid() as u64,
            rejected: rejected.values().sum(),
            dropped: batch.rows().saturating_sub(committed) as u64,
        };
        let took = started.elapsed();
        let age = batch.since.elapsed();
        self.recorder.metrics().record_commit(&rows, took, age);
        for (reason, messages) in rejected {
            self.recorder.record_rejected(reason, messages);
        }
        self.recorder.record_commit(next, committed, took, age);
        tracing::info!(
            batch.rows = committed,
            batch.rejected = rows.rejected,
            batch.age_ms = milliseconds(age),
            batch.spooled = pending.spooled,
            lake.took_ms = milliseconds(took),
            "batch committed"
        );
    }

    /// Sends the dead letters of the rejected messages that were committed. Those of a spooled
    /// batch were sent when it was spooled.
    fn send_committed_dead_letters(&self, mut batch: Batch, outcome: &CommitOutcome) {
        batch.rejected.retain(|message| outcome.has(message.partition, message.offset));
        self.send_dead_letters(batch);
    }

    /// Sends the dead letters of all rejected messages of a batch.
    pub(super) fn send_dead_letters(&self, batch: Batch) {
        self.dead_letters.send(batch.rejected, batch.memory);
    }

    /// Commits the offsets to Kafka, for tools that show the group's lag. Nothing depends on them.
    fn commit_offsets(&self, next: &Positions) -> anyhow::Result<()> {
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in next {
            self.recorder.metrics().set_position(*partition, *offset);
            offsets.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))?;
        }
        // Asynchronous: the response is not awaited.
        failpoint::hit(Failpoint::BeforeOffsets)?;
        if offsets.count() > 0 {
            self.client.commit(&offsets, CommitMode::Async)?;
        }
        Ok(failpoint::hit(Failpoint::AfterOffsets)?)
    }
}

/// The number of rejected messages that were committed, by reason.
fn rejected_by_reason(batch: &Batch, outcome: &CommitOutcome) -> BTreeMap<Reason, u64> {
    let mut rejected: BTreeMap<Reason, u64> = BTreeMap::new();
    for message in &batch.rejected {
        if outcome.has(message.partition, message.offset) {
            *rejected.entry(message.reason).or_default() += 1;
        }
    }
    rejected
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
