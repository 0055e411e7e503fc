//! The partitions that the client fetches, and their offsets.

use std::{collections::HashSet, sync::Arc};

use anyhow::Context as _;
use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _};

use crate::archive::client::Client;

/// The client's assignment: a subset of the group's, because a partition without a start position
/// is not fetched.
pub(crate) struct FetchAssignment {
    client: Arc<Client>,
    topic: String,
    partitions: HashSet<i32>,
}

impl FetchAssignment {
    pub(crate) fn new(client: Arc<Client>, topic: String) -> Self {
        Self { client, topic, partitions: HashSet::new() }
    }

    /// Fetches a partition from `offset` on. Assigns it with an explicit offset; a seek is
    /// asynchronous and may be dropped.
    pub(crate) fn start(&mut self, partition: i32, offset: i64) -> anyhow::Result<()> {
        self.stop(partition)?;
        let assignment = self.list([(partition, Offset::Offset(offset))])?;
        self.client.incremental_assign(&assignment).context("assign")?;
        self.partitions.insert(partition);
        tracing::debug!(kafka.partition = partition, kafka.offset = offset, "reading started");
        Ok(())
    }

    /// Returns true if the client fetches a partition.
    pub(crate) fn contains(&self, partition: i32) -> bool {
        self.partitions.contains(&partition)
    }

    /// The partitions that the client fetches.
    pub(crate) fn partitions(&self) -> Vec<i32> {
        self.partitions.iter().copied().collect()
    }

    /// Stops fetching a partition.
    pub(crate) fn stop(&mut self, partition: i32) -> anyhow::Result<()> {
        let fetched = self.take(&[partition])?;
        if fetched.count() > 0 {
            self.client.incremental_unassign(&fetched).context("unassign")?;
        }
        Ok(())
    }

    /// Removes those of `partitions` that are fetched, and returns them to be unassigned. The
    /// client knows no others.
    pub(crate) fn take(&mut self, partitions: &[i32]) -> anyhow::Result<TopicPartitionList> {
        let mut fetched = Vec::new();
        for partition in partitions {
            if self.partitions.remove(partition) {
                fetched.push((*partition, Offset::Invalid));
            }
        }
        self.list(fetched)
    }

    fn list(
        &self,
        partitions: impl IntoIterator<Item = (i32, Offset)>,
    ) -> anyhow::Result<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in partitions {
            list.add_partition_offset(&self.topic, partition, offset)?;
        }
        Ok(list)
    }
}
