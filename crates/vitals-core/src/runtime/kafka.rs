//! How a client of Kafka is set up.

use std::time::Duration;

use anyhow::Context as _;
use rdkafka::{
    ClientConfig, ClientContext, client::Client, config::RDKafkaLogLevel, error::KafkaError,
    types::RDKafkaErrorCode,
};

use super::config::{ConsumerSettings, KafkaSettings, PredictionLogSettings, ProducerSettings};

/// What every client has in common. `properties` of the settings win.
fn client(settings: &KafkaSettings, service: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.bootstrap_servers)
        .set("client.id", service)
        .set("socket.keepalive.enable", "true")
        // A broker that is away is normal; a second's pause is soon enough to notice it is back.
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "1000")
        .set_log_level(RDKafkaLogLevel::Warning);
    config
}

fn finish(mut config: ClientConfig, settings: &KafkaSettings) -> ClientConfig {
    for (key, value) in &settings.properties {
        config.set(key, value);
    }
    config
}

/// An idempotent producer: in order, without duplicates, and a message is given up only after
/// it was reported.
#[must_use]
pub fn producer_config(
    settings: &KafkaSettings,
    producer: &ProducerSettings,
    service: &str,
) -> ClientConfig {
    let mut config = client(settings, service);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", producer.linger_ms.to_string())
        .set("compression.type", &producer.compression)
        .set("queue.buffering.max.messages", producer.max_in_flight.to_string())
        // Zero: never give a message up because the broker was away for long.
        .set("message.timeout.ms", "0");
    finish(config, settings)
}

/// The producer of the prediction log: bounded in memory, and a message waits as long as it has
/// to; what finds no room is the caller's to drop.
#[must_use]
pub fn prediction_log_config(
    settings: &KafkaSettings,
    log: &PredictionLogSettings,
    service: &str,
) -> ClientConfig {
    let mut config = client(settings, service);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // A short wait and small batches keep the queue small at full load.
        .set("linger.ms", "10")
        .set("batch.size", "131072")
        .set("compression.type", "lz4")
        .set("queue.buffering.max.messages", log.max_queued_rows.to_string())
        .set("queue.buffering.max.kbytes", log.queue_kib.to_string())
        .set("message.timeout.ms", "0");
    finish(config, settings)
}

/// A member of the consumer group that archives. Positions come from the lake, so neither
/// offsets nor their reset are left to librdkafka.
#[must_use]
pub fn archive_config(
    settings: &KafkaSettings,
    consumer: &ConsumerSettings,
    service: &str,
) -> ClientConfig {
    let mut config = client(settings, service);
    config
        .set("group.id", &consumer.group_id)
        .set("session.timeout.ms", consumer.session_timeout_ms.to_string())
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("check.crcs", "true")
        // Lag and the state of the brokers come from these.
        .set("statistics.interval.ms", "1000")
        // How soon a topic that is created later is noticed.
        .set("topic.metadata.refresh.interval.ms", "5000")
        .set("fetch.queue.backoff.ms", "10")
        // Larger answers come in bursts, between which the polling thread has nothing to do.
        .set("fetch.message.max.bytes", "1048576")
        .set("queued.min.messages", "1000000")
        .set("queued.max.messages.kbytes", consumer.queue_kib.to_string())
        .set("allow.auto.create.topics", "false");
    if !consumer.instance_id.is_empty() {
        config.set("group.instance.id", &consumer.instance_id);
    }
    finish(config, settings)
}

/// A reader of whole topics outside any group: it assigns itself every partition.
#[must_use]
pub fn reader_config(settings: &KafkaSettings, service: &str) -> ClientConfig {
    let mut config = client(settings, service);
    config
        // librdkafka wants a name even where no group is joined.
        .set("group.id", format!("{service}-reader"))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "20")
        .set("allow.auto.create.topics", "false");
    finish(config, settings)
}

/// The partitions of `topic`.
///
/// # Errors
/// When the broker does not answer in `timeout`, or has no such topic (then
/// [`is_unknown_topic`] is true).
pub fn partitions<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> Result<Vec<i32>, KafkaError> {
    let metadata = client.fetch_metadata(Some(topic), timeout)?;
    let unknown = RDKafkaErrorCode::UnknownTopicOrPartition;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let found = found.ok_or(KafkaError::MetadataFetch(unknown))?;
    match found.error() {
        Some(error) => Err(KafkaError::MetadataFetch(error.into())),
        None if found.partitions().is_empty() => Err(KafkaError::MetadataFetch(unknown)),
        None => {
            Ok(found.partitions().iter().map(rdkafka::metadata::MetadataPartition::id).collect())
        }
    }
}

/// Whether the broker answered that it has no such topic.
#[must_use]
pub fn is_unknown_topic(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic)
    )
}

/// The cluster's id, which outlives its brokers.
///
/// # Errors
/// When no broker answers in `timeout`.
pub fn cluster_id<C: ClientContext>(
    client: &Client<C>,
    timeout: Duration,
) -> anyhow::Result<String> {
    client.fetch_cluster_id(timeout).context("Kafka did not say its cluster id")
}
