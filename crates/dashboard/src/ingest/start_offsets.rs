//! The offsets at which newly assigned partitions start.

use std::{sync::Arc, time::Duration};

use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _, error::KafkaError};
use vitals_core::runtime::{
    clock::now_ms,
    kafka::{Reader, watermarks},
};

use super::arrival::Backlog;
use crate::archive::Arrivals;

/// Resolves start offsets with the broker.
pub(super) struct StartOffsets {
    pub(super) consumer: Arc<Reader>,
    pub(super) topic: String,
    /// Age of the oldest message read at startup.
    pub(super) lookback_ms: i64,
    /// Upper bound on each request.
    pub(super) timeout: Duration,
    /// Receives the ends of the partitions at startup.
    pub(super) backlog: Backlog,
    /// Receives the partitions, and their ends.
    pub(super) arrivals: Arrivals,
}

impl StartOffsets {
    /// The beginning of each of `partitions`.
    pub(super) fn beginning(&self, partitions: &[i32]) -> Result<TopicPartitionList, KafkaError> {
        for partition in partitions {
            self.arrivals.begin(*partition, 0, now_ms());
        }
        self.list(partitions.iter().map(|partition| (*partition, Offset::Beginning)))
    }

    /// The first message no older than the lookback, per partition.
    pub(super) fn lookback(&self, partitions: &[i32]) -> Result<TopicPartitionList, KafkaError> {
        // A partition without a recent message starts at its end. The end is read before the
        // lookup by time: a message that arrives between the two requests is not skipped.
        let ends = partitions.iter().map(|partition| {
            let client = self.consumer.client();
            let watermarks = watermarks(client, &self.topic, *partition, self.timeout)?;
            self.backlog.set_end(*partition, watermarks.end);
            self.arrivals.begin(*partition, watermarks.end, now_ms());
            Ok((*partition, Offset::Offset(watermarks.end)))
        });
        let offsets = self.list(ends.collect::<Result<Vec<_>, KafkaError>>()?)?;

        let since = Offset::Offset(now_ms().saturating_sub(self.lookback_ms));
        let times = self.list(partitions.iter().map(|partition| (*partition, since)))?;
        for found in self.consumer.offsets_for_times(times, self.timeout)?.elements() {
            found.error()?;
            if let Offset::Offset(offset) = found.offset()
                && let Some(mut start) = offsets.find_partition(&self.topic, found.partition())
            {
                start.set_offset(Offset::Offset(offset))?;
            }
        }
        Ok(offsets)
    }

    fn list(
        &self,
        offsets: impl IntoIterator<Item = (i32, Offset)>,
    ) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(&self.topic, partition, offset)?;
        }
        Ok(list)
    }
}
