//! Partitions that a session is assigned, and gives up.

use anyhow::Context as _;
use rdkafka::{
    Offset, TopicPartitionList, consumer::Consumer as _,
    topic_partition_list::TopicPartitionListElem,
};

use super::{restore::Restorer, session::Session};
use crate::rebalance_queue::Rebalance;

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

    /// Restores the state of partitions, then reads them.
    fn assign(&mut self, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = partition_ids(partitions);
        let restorer = Restorer {
            settings: self.settings,
            topic: &self.topic,
            client: &self.client,
            publisher: &self.publisher,
        };
        let mut start = TopicPartitionList::new();
        for (id, mut partition) in restorer.restore(&ids)? {
            partition.catch_up(&self.inputs, &self.publisher)?;
            let offset = partition.next_offset();
            start.add_partition_offset(&self.topic, id, Offset::Offset(offset))?;
            self.recorder.add_partition(id, offset);
            self.partitions.insert(id, partition);
        }
        self.client.incremental_assign(&start).context("assign")?;
        self.recorder.set_failure(None);
        tracing::info!(kafka.rebalance = "assign", kafka.partitions = ?ids, "partitions watched");
        Ok(())
    }

    /// Gives partitions up. If the assignment was lost, their next owner already judges them.
    fn revoke(&mut self, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = partition_ids(partitions);
        // Without the commit, the next owner judges a little more again.
        if !self.client.assignment_lost()
            && let Err(error) = self.give_up()
        {
            tracing::debug!(error = format!("{error:#}"), "partitions given up without a commit");
        }
        for id in &ids {
            self.partitions.remove(id);
            self.recorder.remove_partition(*id);
        }
        self.client.incremental_unassign(partitions).context("unassign")?;
        tracing::info!(kafka.rebalance = "revoke", kafka.partitions = ?ids, "partitions given up");
        Ok(())
    }
}

fn partition_ids(partitions: &TopicPartitionList) -> Vec<i32> {
    partitions.elements().iter().map(TopicPartitionListElem::partition).collect()
}
