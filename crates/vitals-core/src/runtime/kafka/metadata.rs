//! Cluster metadata: partition lists, watermarks and the cluster id.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context as _;
use rdkafka::{
    ClientContext,
    client::Client,
    error::KafkaError,
    metadata::{MetadataPartition, MetadataTopic},
    types::RDKafkaErrorCode,
};

use super::broker_state::BrokerState;
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

/// The partitions of `topic` without a leader: a request about one of them would wait in vain. Empty
/// if no broker responds within `timeout`; the next request then reports the cause.
#[must_use]
pub fn leaderless<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> BTreeSet<i32> {
    let Ok(metadata) = client.fetch_metadata(Some(topic), timeout) else {
        return BTreeSet::new();
    };
    let found = metadata.topics().iter().filter(|found| found.name() == topic);
    let partitions = found.flat_map(MetadataTopic::partitions);
    partitions.filter(|it| it.leader() < 0).map(MetadataPartition::id).collect()
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
    let code = match error {
        KafkaError::AdminOp(code) => Some(*code),
        error => error.rdkafka_error_code(),
    };
    matches!(
        code,
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

/// The reason why a request about `topic` failed, for an operator.
#[must_use]
pub fn request_failure(error: &KafkaError, topic: &str, broker: &BrokerState) -> String {
    if is_denied(error) {
        format!("access to topic {topic} is denied")
    } else if is_unknown_topic(error) {
        format!("no topic {topic}")
    } else {
        broker.set_unresponsive(&format!("no broker responds: {error}"));
        broker.outage()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_request_is_explained_to_an_operator() {
        let denied = RDKafkaErrorCode::TopicAuthorizationFailed;
        let cases = [
            (KafkaError::MetadataFetch(denied), "access to topic vitals is denied"),
            (KafkaError::AdminOp(denied), "access to topic vitals is denied"),
            (KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopic), "no topic vitals"),
        ];
        let broker = BrokerState::new("test");
        for (error, expected) in cases {
            assert_eq!(request_failure(&error, "vitals", &broker), expected);
        }
        assert!(broker.is_up());
    }

    #[test]
    fn a_request_without_a_response_fails_for_the_cause_of_the_outage() {
        let broker = BrokerState::new("test");
        let timeout = KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);
        let reason = request_failure(&timeout, "vitals", &broker);
        assert!(reason.starts_with("no broker responds: "), "{reason}");
        let refused = KafkaError::Global(RDKafkaErrorCode::Authentication);
        broker.client_error(&refused, "wrong password");
        let reason = request_failure(&timeout, "vitals", &broker);
        assert_eq!(reason, "authentication failed: wrong password");
    }
}
