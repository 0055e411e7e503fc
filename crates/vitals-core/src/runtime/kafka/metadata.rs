//! Cluster metadata: partition lists, watermarks and the cluster id.

use std::time::Duration;

use anyhow::Context as _;
use rdkafka::{
    ClientContext, client::Client, error::KafkaError, metadata::MetadataPartition,
    types::RDKafkaErrorCode,
};

use crate::domain::offset_range::OffsetRange;

/// The partitions of `topic`.
///
/// # Errors
/// If no broker responds within `timeout`, or the topic does not exist (then [`is_unknown_topic`]
/// is true).
pub fn partitions<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> Result<Vec<i32>, KafkaError> {
    // A broker that does not know the topic reports it with an error, without partitions, or not at
    // all; all three become the same error.
    let metadata = client.fetch_metadata(Some(topic), timeout)?;
    let unknown = RDKafkaErrorCode::UnknownTopicOrPartition;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let found = found.ok_or(KafkaError::MetadataFetch(unknown))?;
    match found.error() {
        Some(error) => Err(KafkaError::MetadataFetch(error.into())),
        None if found.partitions().is_empty() => Err(KafkaError::MetadataFetch(unknown)),
        None => Ok(found.partitions().iter().map(MetadataPartition::id).collect()),
    }
}

/// Returns true if `topic` exists. The request covers all topics: a request for one topic makes
/// many brokers create it, with their default number of partitions.
///
/// # Errors
/// If no broker responds within `timeout`.
pub fn topic_exists<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> Result<bool, KafkaError> {
    let metadata = client.fetch_metadata(None, timeout)?;
    Ok(metadata.topics().iter().any(|found| found.name() == topic))
}

/// Returns true if the broker responded that the topic does not exist.
#[must_use]
pub fn is_unknown_topic(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic)
    )
}

/// Returns true if the broker denied access: to a topic, a consumer group or the cluster.
#[must_use]
pub fn is_denied(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

/// The watermarks of a partition: the offset range from the log start to the high watermark.
///
/// # Errors
/// If the partition's leader does not respond within `timeout`.
pub fn watermarks<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    partition: i32,
    timeout: Duration,
) -> Result<OffsetRange, KafkaError> {
    let (start, end) = client.fetch_watermarks(topic, partition, timeout)?;
    Ok(OffsetRange { start, end })
}

/// The cluster id, which outlives the cluster's brokers.
///
/// # Errors
/// If no broker responds within `timeout`.
pub fn cluster_id<C: ClientContext>(
    client: &Client<C>,
    timeout: Duration,
) -> anyhow::Result<String> {
    client.fetch_cluster_id(timeout).context("can't fetch the cluster id from Kafka")
}
