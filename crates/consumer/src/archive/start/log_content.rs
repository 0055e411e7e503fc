//! Recognition of a log by the last message that was archived of it.
//!
//! A recreated topic, or a log that a broker restored from an older state, may have grown beyond
//! the archived position. It then has another message at the offset of the last archived one.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::BorrowedMessage,
    types::RDKafkaErrorCode,
};
use vitals_lake::position::LastMessage;

use crate::archive::fingerprint::fingerprint;

/// Timeout of one poll.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// Reads single messages of the topic, with a client of its own.
#[derive(Debug, Clone)]
pub(crate) struct LogContent {
    config: ClientConfig,
    topic: String,
    timeout: Duration,
}

/// The content of a log at the offset of the last archived message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// The archived message.
    Same,
    /// Another message.
    Other,
    /// No message: compaction removed it.
    Missing,
}

impl LogContent {
    /// The reader of `topic`. `config` is that of a consumer outside any group.
    pub(crate) fn new(mut config: ClientConfig, topic: String, timeout: Duration) -> Self {
        config
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_uncommitted")
            // One message of each partition is enough.
            .set("fetch.message.max.bytes", "16384")
            .set("queued.max.messages.kbytes", "8192")
            .set("queued.min.messages", "1");
        Self { config, topic, timeout }
    }

    /// Compares the messages of partitions with the archived ones, all in one pass. Blocks.
    ///
    /// # Errors
    /// When Kafka does not return them in time.
    pub(crate) fn compare(
        &self,
        expected: &HashMap<i32, LastMessage>,
    ) -> anyhow::Result<HashMap<i32, Content>> {
        // A client of its own: the archive's one must not lose its assignment or its position.
        let client: BaseConsumer = self.config.create()?;
        let mut assignment = TopicPartitionList::new();
        for (partition, message) in expected {
            let offset = Offset::Offset(message.offset);
            assignment.add_partition_offset(&self.topic, *partition, offset)?;
        }
        client.assign(&assignment).context("assign")?;
        let deadline = Instant::now() + self.timeout;
        let mut found = HashMap::new();
        while found.len() < expected.len() {
            ensure!(Instant::now() < deadline, "Kafka does not return the last archived messages");
            let (partition, content) = match client.poll(POLL_TIMEOUT) {
                None => continue,
                Some(Err(KafkaError::PartitionEOF(partition))) => (partition, Content::Missing),
                // One broker of several that is away: librdkafka asks another.
                Some(Err(error)) if is_connection_error(&error) => continue,
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(message)) => {
                    let partition = message.partition();
                    let Some(expected) = expected.get(&partition) else { continue };
                    (partition, content(&message, *expected))
                }
            };
            // The first response is the one at the requested offset.
            found.entry(partition).or_insert(content);
        }
        Ok(found)
    }
}

fn is_connection_error(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(code, Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::Resolve))
}

fn content(message: &BorrowedMessage<'_>, expected: LastMessage) -> Content {
    if message.offset() != expected.offset {
        return Content::Missing;
    }
    let timestamp_ms = message.timestamp().to_millis().filter(|time_ms| *time_ms >= 0);
    let found = fingerprint(timestamp_ms, message.key(), message.payload());
    if found == expected.fingerprint { Content::Same } else { Content::Other }
}
