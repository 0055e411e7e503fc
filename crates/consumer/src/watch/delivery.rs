//! Deliveries of a session: alerts, then states, then the offsets before them.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer as _},
};

use super::{committed::Checkpoint, partition::PartitionWatch, session::Session};
use crate::failpoint::{self, Failpoint};

/// Time for the delivery of alerts before their offsets are committed.
pub(super) const DELIVERY_WAIT: Duration = Duration::from_millis(200);

/// Time for the last deliveries before partitions are given up.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

impl Session<'_> {
    /// Publishes the states that are due. A state says that every alert up to its offset was
    /// delivered, so it waits for those.
    pub(super) fn publish_states(&mut self) -> anyhow::Result<()> {
        let due = self.partitions.values().any(PartitionWatch::has_due_states);
        if !due {
            return Ok(());
        }
        if !self.publisher.alerts_delivered() && !self.publisher.flush(DELIVERY_WAIT) {
            return Ok(());
        }
        self.publisher.check()?;
        for partition in self.partitions.values_mut() {
            partition.publish_states(&self.publisher)?;
        }
        Ok(())
    }

    /// Commits the offsets up to which everything was delivered.
    pub(super) fn commit(&mut self, wait: Duration, mode: CommitMode) -> anyhow::Result<()> {
        let due = self.partitions.values().any(PartitionWatch::has_due_states);
        if due || !self.publisher.flush(wait) {
            return Ok(());
        }
        self.publisher.check()?;
        let alerts = self.publisher.alert_ends();
        let mut offsets = TopicPartitionList::new();
        for (id, partition) in &mut self.partitions {
            let Some(offset) = partition.take_commit() else { continue };
            let replay_from = partition.replay_from().min(offset);
            let checkpoint = Checkpoint { replay_from, alerts: alerts.clone() };
            offsets.add_partition_offset(&self.topic, *id, Offset::Offset(offset))?;
            if let Some(mut element) = offsets.find_partition(&self.topic, *id) {
                element.set_metadata(checkpoint.encode());
            }
            self.recorder.set_committed(*id, offset);
        }
        if offsets.count() > 0 {
            failpoint::hit(Failpoint::BeforeWatchCommit)?;
            self.client.commit(&offsets, mode).context("committing offsets")?;
            failpoint::hit(Failpoint::AfterWatchCommit)?;
        }
        Ok(())
    }

    /// Delivers everything and commits, before partitions go to another instance.
    pub(super) fn give_up(&mut self) -> anyhow::Result<()> {
        if !self.publisher.flush(FLUSH_TIMEOUT) {
            bail!("alerts were not delivered within {FLUSH_TIMEOUT:?}");
        }
        self.publish_states()?;
        self.commit(FLUSH_TIMEOUT, CommitMode::Sync)
    }
}
