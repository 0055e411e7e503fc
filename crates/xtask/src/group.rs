//! The committed offsets of a consumer group.

use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataPartition;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// Timeout of a Kafka request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns true if `group` has committed the end of every partition of `topic`. A group without a
/// coordinator has committed nothing yet.
///
/// # Errors
/// Returns an error if Kafka doesn't respond.
pub fn has_committed_all(bootstrap: &str, group: &str, topic: &str) -> Result<bool> {
    let consumer = client(bootstrap, group)?;
    let mut wanted = TopicPartitionList::new();
    for partition in partitions(&consumer, topic)? {
        wanted.add_partition(topic, partition);
    }
    let committed = match consumer.committed_offsets(wanted, TIMEOUT) {
        Err(error) if is_without_coordinator(&error) => return Ok(false),
        committed => committed?,
    };
    for element in committed.elements() {
        let (_, end) = consumer.fetch_watermarks(topic, element.partition(), TIMEOUT)?;
        if element.offset() != Offset::Offset(end) && end > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A new broker elects the coordinator with the first request of a group.
fn is_without_coordinator(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    let without = [CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator];
    error.rdkafka_error_code().is_some_and(|code| without.contains(&code))
}

/// The partitions of `topic`.
///
/// # Errors
/// Returns an error if Kafka doesn't respond, or has no such topic.
pub fn partitions(consumer: &BaseConsumer, topic: &str) -> Result<Vec<i32>> {
    // A request for all topics, because one for a missing topic would be retried.
    let metadata = consumer.fetch_metadata(None, TIMEOUT)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let partitions = found.with_context(|| format!("no topic {topic}"))?.partitions();
    Ok(partitions.iter().map(MetadataPartition::id).collect())
}

/// A client of `group` that does not join it.
///
/// # Errors
/// Returns an error if librdkafka refuses the settings.
pub fn client(bootstrap: &str, group: &str) -> Result<BaseConsumer> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", group);
    Ok(config.set("enable.auto.commit", "false").create()?)
}
