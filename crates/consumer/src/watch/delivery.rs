//! Deliveries of a session: alerts, then states, then the offsets before them.

use std::time::{Duration, Instant};

use anyhow::bail;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer as _},
};

use super::{
    committed::Checkpoint, partition::PartitionWatch, recorder::Stalled, session::Session,
};
use crate::failpoint::{self, Failpoint};

/// Time for the delivery of alerts before their offsets are committed.
pub(super) const DELIVERY_WAIT: Duration = Duration::from_millis(200);

/// The longest wait of states for a moment at which every alert was delivered.
const STATES_WAIT: Duration = Duration::from_millis(500);

/// Time without a moment at which every message was delivered, after which the watch is not ready.
const STALLED_AFTER: Duration = Duration::from_secs(5);

/// Time for the last deliveries before partitions are given up.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

impl Session<'_> {
    /// Returns true if states have to be published before an offset can be committed.
    pub(super) fn has_due_states(&self) -> bool {
        self.ward.partitions.values().any(PartitionWatch::has_due_states)
    }

    /// Publishes the states that are due. A state says that every alert up to its offset was
    /// delivered, so it waits for those. Readings are judged meanwhile, but alerts that follow each
    /// other without a pause don't hold up the states for longer than [`STATES_WAIT`]. At `until` the
    /// readings have their turn.
    pub(super) fn publish_states(&mut self, until: Option<Instant>) -> anyhow::Result<()> {
        if !self.has_due_states() {
            return Ok(());
        }
        if !self.publisher.alerts_delivered() {
            let is_late = self.undelivered.has_lasted(STATES_WAIT, Instant::now());
            if !is_late || !self.publisher.flush(DELIVERY_WAIT) {
                return Ok(());
            }
        }
        self.publisher.check()?;
        for partition in self.ward.partitions.values_mut() {
            let has_time = || until.is_none_or(|until| Instant::now() < until);
            partition.publish_states(&self.publisher, has_time)?;
        }
        Ok(())
    }

    /// Notes that alerts or states are not delivered for a while. One partition of `alerts` that is
    /// offline holds up every state and every offset, one of `patient-status` every offset, though
    /// the broker responds.
    pub(super) fn note_deliveries(&mut self) {
        let now = Instant::now();
        self.undelivered.note(!self.publisher.alerts_delivered(), now);
        let stalled = if self.undelivered.has_lasted(STALLED_AFTER, now) {
            Some(Stalled::Alerts)
        } else if self.unflushed.has_lasted(STALLED_AFTER, now) {
            Some(Stalled::States)
        } else {
            None
        };
        self.recorder.set_stalled(stalled);
    }

    /// Commits the offsets up to which everything was delivered. A commit that fails, for example
    /// because the group rebalances, is repeated by the next call.
    pub(super) fn commit(&mut self, wait: Duration) -> anyhow::Result<()> {
        if self.has_due_states() || self.ward.holds_readings() {
            return Ok(());
        }
        let is_flushed = self.publisher.flush(wait);
        self.unflushed.note(!is_flushed, Instant::now());
        if !is_flushed {
            return Ok(());
        }
        self.publisher.check()?;
        let delivered = self.publisher.alert_ends();
        let mut offsets = TopicPartitionList::new();
        for (id, partition) in &mut self.ward.partitions {
            let Some(offset) = partition.take_commit() else { continue };
            let replay_from = partition.replay_from().min(offset);
            let alerts = partition.takeover.alerts_from(&delivered);
            let checkpoint =
                Checkpoint::new(replay_from, alerts, &partition.origin, partition.last);
            offsets.add_partition_offset(&self.topic, *id, Offset::Offset(offset))?;
            if let Some(mut element) = offsets.find_partition(&self.topic, *id) {
                element.set_metadata(checkpoint.encode());
            }
        }
        if offsets.count() == 0 {
            return Ok(());
        }
        failpoint::hit(Failpoint::BeforeWatchCommit)?;
        // An asynchronous commit would not report its failure.
        if let Err(error) = self.client.commit(&offsets, CommitMode::Sync) {
            tracing::debug!(%error, "commit failed; the offsets are committed again");
            self.ward.partitions.values_mut().for_each(PartitionWatch::forget_commit);
            return Ok(());
        }
        for element in offsets.elements() {
            if let Offset::Offset(offset) = element.offset() {
                self.recorder.set_committed(element.partition(), offset);
            }
        }
        Ok(failpoint::hit(Failpoint::AfterWatchCommit)?)
    }

    /// Delivers everything and commits, before partitions go to another instance.
    pub(super) fn give_up(&mut self) -> anyhow::Result<()> {
        if !self.publisher.flush(FLUSH_TIMEOUT) {
            bail!("alerts were not delivered within {FLUSH_TIMEOUT:?}");
        }
        self.publish_states(None)?;
        self.commit(FLUSH_TIMEOUT)
    }
}
