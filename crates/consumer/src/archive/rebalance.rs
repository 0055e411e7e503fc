//! Taking partitions over and giving them back.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use metrics::gauge;
use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _};
use tokio::sync::oneshot;

use super::{
    batch::{Batch, Piece},
    context::Rebalance,
    poll::{Cursor, Poller, Work},
};

/// Longest wait for the commit of what is in hand of partitions that are being revoked.
const BRING_IN: Duration = Duration::from_secs(5);

fn ids(partitions: &TopicPartitionList) -> Vec<i32> {
    partitions
        .elements()
        .iter()
        .map(rdkafka::topic_partition_list::TopicPartitionListElem::partition)
        .collect()
}

impl Poller {
    /// Answers every rebalance that came during the poll.
    pub(super) fn rebalance(&self, work: &mut Work) -> anyhow::Result<()> {
        while let Some(rebalance) = self.client.context().next_rebalance() {
            match rebalance {
                Rebalance::Assign(partitions) => {
                    work.queue.adopt(&partitions)?;
                    self.assign(work, &partitions)?;
                }
                Rebalance::Revoke(partitions) => {
                    self.revoke(work, &partitions)?;
                    work.queue.release(&partitions);
                }
            }
            gauge!("vitals_archive_partitions").set(work.cursors.len() as f64);
        }
        Ok(())
    }

    /// Takes partitions over at the positions that the table has.
    fn assign(&self, work: &mut Work, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = ids(partitions);
        let Some(starts) = self.starts(&ids)? else { return Ok(()) };
        work.rows.set_cluster(self.origin.source()?.cluster);
        let mut assignment = TopicPartitionList::new();
        for (partition, start) in starts {
            let epoch = self.epochs.begin(partition);
            work.cursors.insert(partition, Cursor { epoch, next: start.covered });
            let topic = &self.settings.kafka.topics.vitals;
            assignment.add_partition_offset(topic, partition, Offset::Offset(start.fetch))?;
        }
        self.client.incremental_assign(&assignment).context("assign")?;
        self.client.context().assigned();
        tracing::info!(partitions = ?ids, "assigned");
        Ok(())
    }

    /// Gives partitions back, after what is in hand of them was committed. When they were lost
    /// already, somebody else reads them, and what is in hand is dropped.
    fn revoke(&self, work: &mut Work, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = ids(partitions);
        if !self.client.assignment_lost() {
            self.bring_in(work)?;
        }
        for id in &ids {
            self.epochs.end(*id);
            work.cursors.remove(id);
        }
        self.client.incremental_unassign(partitions).context("unassign")?;
        tracing::info!(partitions = ?ids, "revoked");
        Ok(())
    }

    /// Waits a little until everything that is in hand was dealt with.
    fn bring_in(&self, work: &mut Work) -> anyhow::Result<()> {
        let deadline = Instant::now() + BRING_IN;
        let (done, committed) = oneshot::channel();
        let last = work.rows.end()?.unwrap_or_else(Batch::empty);
        let last = Piece::End(Batch { done: Some(done), ..last });
        work.waiting.extend(work.rows.pieces().chain([last]));
        self.hand_over(work, deadline)?;
        let left = deadline.saturating_duration_since(Instant::now());
        // Too late or dropped: the table's position decides what the next owner reads.
        let _late = self.runtime.block_on(async { tokio::time::timeout(left, committed).await });
        Ok(())
    }

    /// Reads partitions again from where the table stands.
    pub(super) fn read_again(&self, work: &mut Work) -> anyhow::Result<()> {
        let ids: Vec<i32> = self.rewind.try_iter().collect();
        for id in ids {
            if work.cursors.remove(&id).is_some() {
                self.epochs.end(id);
                let mut partitions = TopicPartitionList::new();
                partitions.add_partition(&self.settings.kafka.topics.vitals, id);
                self.client.incremental_unassign(&partitions).context("unassign")?;
                self.assign(work, &partitions)?;
            }
        }
        Ok(())
    }
}
