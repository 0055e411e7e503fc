//! Single states, read from topic `patient-status` by their offset.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};
use vitals_core::runtime::{
    config::Settings,
    kafka::{QuietCallbacks, reader_config},
};

/// Upper bound on reading one state.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads single states. When a topic gets more partitions, most patients move at once, so one
/// client reads the states of all.
pub(super) struct StateFetcher {
    consumer: BaseConsumer<QuietCallbacks>,
    topic: String,
}

impl StateFetcher {
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let mut config = reader_config(&settings.kafka, "consumer.watch");
        // One message of each assignment is enough.
        config.set("enable.partition.eof", "true").set("queued.min.messages", "1");
        Ok(Self {
            consumer: config.create_with_context(QuietCallbacks).context("settings: kafka")?,
            topic: settings.kafka.topics.patient_status.clone(),
        })
    }

    /// Reads the value at `partition` and `offset`. `None` for a tombstone, and if compaction has
    /// removed the message.
    ///
    /// # Errors
    /// If the broker does not respond in time.
    pub(super) fn fetch(&self, partition: i32, offset: i64) -> anyhow::Result<Option<Vec<u8>>> {
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(&self.topic, partition, Offset::Offset(offset))?;
        self.consumer.assign(&assignment)?;
        let value = self.read(offset);
        self.consumer.unassign()?;
        value
    }

    fn read(&self, offset: i64) -> anyhow::Result<Option<Vec<u8>>> {
        let started = Instant::now();
        while started.elapsed() < TIMEOUT {
            match self.consumer.poll(TIMEOUT) {
                Some(Ok(message)) if message.offset() == offset => {
                    return Ok(message.payload().map(<[u8]>::to_vec));
                }
                Some(Ok(message)) if message.offset() > offset => return Ok(None),
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(None),
                Some(Err(error)) => tracing::debug!(%error, "poll failed, librdkafka retries"),
                // Of a topic that was created again and is read from its beginning.
                Some(Ok(_)) | None => {}
            }
        }
        bail!("no state of {} within {TIMEOUT:?}", self.topic)
    }
}
