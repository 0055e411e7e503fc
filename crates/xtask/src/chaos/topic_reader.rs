//! A topic, read from its first message to its last.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::group::partitions;

/// Timeout for the next message, or for the end of a partition.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Passes every message of `topic` to `take`. Nothing may be sent to the topic meanwhile.
///
/// # Errors
/// Returns an error if Kafka has no such topic or doesn't respond, or if `take` fails.
pub(super) fn read_topic(
    bootstrap: &str,
    topic: &str,
    mut take: impl FnMut(&BorrowedMessage<'_>) -> Result<()>,
) -> Result<()> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", "vitals-chaos");
    config.set("enable.auto.commit", "false").set("enable.partition.eof", "true");
    let consumer: BaseConsumer = config.create()?;
    let mut unread: BTreeSet<i32> = partitions(&consumer, topic)?.into_iter().collect();
    let mut assignment = TopicPartitionList::new();
    for partition in &unread {
        assignment.add_partition_offset(topic, *partition, Offset::Beginning)?;
    }
    consumer.assign(&assignment)?;
    while !unread.is_empty() {
        match consumer.poll(TIMEOUT) {
            Some(Ok(message)) => take(&message)?,
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                unread.remove(&partition);
            }
            Some(Err(error)) => return Err(error).with_context(|| format!("reading {topic}")),
            None => bail!("Kafka does not return the messages of {topic}"),
        }
    }
    Ok(())
}
