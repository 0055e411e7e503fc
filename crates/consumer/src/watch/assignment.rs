//! Partitions that a session is assigned, and gives up.

use anyhow::{Context as _, bail};
use rdkafka::{
    Offset, TopicPartitionList, consumer::Consumer as _,
    topic_partition_list::TopicPartitionListElem,
};

use super::{restore::Restored, session::Session};
use crate::{metrics, rebalance_queue::Rebalance};

impl Session<'_> {
    /// Answers every rebalance that arrived during the poll.
    pub(super) fn answer_rebalances(&mut self) -> anyhow::Result<()> {
        while let Some(rebalance) = self.client.context().next_rebalance() {
            match rebalance {
                Rebalance::Assign(partitions) => self.assign(&partitions)?,
                Rebalance::Revoke(partitions) => self.revoke(&partitions)?,
            }
        }
        Ok(())
    }

    /// Accepts partitions. They are read once their state is restored.
    fn assign(&mut self, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = partition_ids(partitions);
        // The group waits for a response, and the response may be empty.
        self.client.incremental_assign(&TopicPartitionList::new()).context("assign")?;
        self.restoring.add(&ids);
        self.recorder.set_restoring(self.restoring.waiting());
        self.recorder.set_failure(None);
        tracing::info!(kafka.rebalance = "assign", kafka.partitions = ?ids, "partitions assigned");
        Ok(())
    }

    /// Watches the partitions whose state was restored since the last call. A failure is tried
    /// again; the other partitions are judged meanwhile.
    pub(super) fn watch_restored(&mut self) -> anyhow::Result<()> {
        match self.restoring.poll(self.settings) {
            Ok(None) => {}
            Ok(Some(restored)) => {
                self.watch(restored)?;
                self.recorder.set_restoring(self.restoring.waiting());
                self.recorder.set_failure(None);
            }
            Err(error) => {
                let reason = format!("{error:#}");
                // An outage repeats the same error.
                if self.restoring.failure_log.is_new(&reason) {
                    tracing::warn!(error = reason, "failed to restore the state of partitions");
                }
                metrics::count_watch_failure();
                self.recorder.set_failure(Some(reason));
            }
        }
        Ok(())
    }

    fn watch(&mut self, restored: Restored) -> anyhow::Result<()> {
        let Restored { partitions, statuses, alert_ends, left_out } = restored;
        let reason = left_out.join("; ");
        if !left_out.is_empty() && self.restoring.failure_log.is_new(&reason) {
            tracing::warn!(reason, "partitions wait for their leaders");
        }
        for (partition, end) in alert_ends {
            self.publisher.note_alert_end(partition, end);
        }
        self.ward.follow(statuses);
        let mut start = TopicPartitionList::new();
        for partition in partitions {
            let (id, offset) = (partition.id, partition.next_offset());
            start.add_partition_offset(&self.topic, id, Offset::Offset(offset))?;
            self.recorder.add_partition(id, offset);
            self.ward.add(partition, &self.inputs, &self.publisher)?;
        }
        self.client.incremental_assign(&start).context("assign")?;
        let ids = partition_ids(&start);
        tracing::info!(kafka.partitions = ?ids, "partitions watched");
        Ok(())
    }

    /// Gives partitions up.
    ///
    /// # Errors
    /// If the group has expelled this instance, for example after a stall. The next owner judges
    /// the partitions already: states that this one still has are outdated, and must not replace
    /// newer ones.
    fn revoke(&mut self, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = partition_ids(partitions);
        let is_lost = self.client.assignment_lost();
        if is_lost {
            self.publisher.purge();
        } else if let Err(error) = self.give_up() {
            // Without the commit, the next owner judges a little more again.
            tracing::debug!(error = format!("{error:#}"), "partitions given up without a commit");
        }
        self.unassign(&ids)?;
        tracing::info!(kafka.rebalance = "revoke", kafka.partitions = ?ids, "partitions given up");
        if is_lost {
            bail!("the group has given the partitions to another instance");
        }
        Ok(())
    }

    fn unassign(&mut self, ids: &[i32]) -> anyhow::Result<()> {
        self.drop_commit();
        self.restoring.remove(ids);
        self.recorder.set_restoring(self.restoring.waiting());
        if self.restoring.waiting().is_empty() {
            self.recorder.set_failure(None);
        }
        let mut watched = TopicPartitionList::new();
        for id in ids {
            if self.ward.remove(*id) {
                watched.add_partition(&self.topic, *id);
            }
            self.recorder.remove_partition(*id);
        }
        // The group waits for a response, even if no partition was watched.
        self.client.incremental_unassign(&watched).context("unassign")
    }

    /// Answers the rebalances that arrived before a failure. A client that waits for a response
    /// can't be closed.
    pub(super) fn answer_last_rebalances(&mut self) -> anyhow::Result<()> {
        while let Some(rebalance) = self.client.context().next_rebalance() {
            match rebalance {
                Rebalance::Assign(_) => {
                    self.client.incremental_assign(&TopicPartitionList::new()).context("assign")?;
                }
                Rebalance::Revoke(partitions) => self.unassign(&partition_ids(&partitions))?,
            }
        }
        Ok(())
    }
}

fn partition_ids(partitions: &TopicPartitionList) -> Vec<i32> {
    partitions.elements().iter().map(TopicPartitionListElem::partition).collect()
}
