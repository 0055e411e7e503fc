//! Client configurations, one for each role of a client.

use std::collections::BTreeMap;

use rdkafka::{ClientConfig, config::RDKafkaLogLevel};

use super::security::secure;
use crate::runtime::config::{
    ActivitySettings, ConsumerSettings, KafkaSettings, PredictionLogSettings, ProducerSettings,
};

/// Maximum interval between the heartbeats of a group's member, ms: librdkafka's default.
const MAX_HEARTBEAT_MS: u32 = 3_000;

/// Interval between two statistics of a client, ms. They reveal brokers that do not respond.
const STATISTICS_INTERVAL_MS: &str = "1000";

/// The properties that all clients share.
fn client(settings: &KafkaSettings, service: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.bootstrap_servers)
        .set("client.id", service)
        // Detects a dead peer on an idle connection.
        .set("socket.keepalive.enable", "true")
        // Broker outages are normal; a backoff of at most 1 s detects the recovery soon enough.
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "1000")
        // Bounds the delay until a newly created topic is discovered. An idle client notices brokers
        // that do not respond.
        .set("topic.metadata.refresh.interval.ms", "5000")
        .set_log_level(RDKafkaLogLevel::Warning);
    secure(&mut config, &settings.security);
    config
}

/// Applies `kafka.properties`, then those of the client's role. They take precedence over every
/// other property; validation has refused those that exactly-once delivery rests on.
fn with_properties(
    mut config: ClientConfig,
    settings: &KafkaSettings,
    of_role: &BTreeMap<String, String>,
) -> ClientConfig {
    for (key, value) in settings.properties.iter().chain(of_role) {
        config.set(key, value);
    }
    config
}

/// The properties of every producer: messages are delivered in order and without duplicates, and
/// none is dropped without a failed delivery report.
fn idempotent_producer(settings: &KafkaSettings, service: &str) -> ClientConfig {
    let mut config = client(settings, service);
    config
        // Retries neither duplicate nor reorder messages; idempotence requires all acks.
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // 0 disables the timeout: messages outlive a broker outage of any length.
        .set("message.timeout.ms", "0");
    config
}

/// `config` with statistics, for a producer that is polled all the time: others accumulate them.
#[must_use]
pub fn with_statistics(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    if config.get("statistics.interval.ms").is_none() {
        config.set("statistics.interval.ms", STATISTICS_INTERVAL_MS);
    }
    config
}

/// The producer of readings. Its caller waits while the queue is full.
#[must_use]
pub fn producer_config(
    settings: &KafkaSettings,
    producer: &ProducerSettings,
    service: &str,
) -> ClientConfig {
    let mut config = idempotent_producer(settings, service);
    config
        .set("linger.ms", producer.linger_ms.to_string())
        .set("compression.type", &producer.compression)
        .set("queue.buffering.max.messages", producer.max_in_flight.to_string());
    with_properties(config, settings, &settings.producer_properties)
}

/// The producer of the prediction log: its queue is bounded in memory, and queued messages never
/// expire. The caller drops messages that the full queue refuses.
#[must_use]
pub fn prediction_log_config(
    settings: &KafkaSettings,
    log: &PredictionLogSettings,
    service: &str,
) -> ClientConfig {
    let mut config = idempotent_producer(settings, service);
    config
        // A short linger and small batches keep the queue short at full load.
        .set("linger.ms", "10")
        .set("batch.size", "131072")
        .set("compression.type", "lz4")
        // The two limits bound the memory during an outage; queued messages wait for its end.
        .set("queue.buffering.max.messages", log.max_queued_rows.to_string())
        .set("queue.buffering.max.kbytes", log.queue_kib.to_string());
    with_properties(config, settings, &settings.producer_properties)
}

/// The producer of the activity log: its queue is bounded, and queued messages never expire. The
/// caller drops messages that the full queue refuses.
#[must_use]
pub fn activity_producer_config(
    settings: &KafkaSettings,
    activity: &ActivitySettings,
) -> ClientConfig {
    let mut config = idempotent_producer(settings, "dashboard");
    config
        .set("linger.ms", "10")
        .set("compression.type", "lz4")
        .set("queue.buffering.max.messages", activity.max_queued_events.to_string())
        // Messages wait for a topic that is about to be created, too: an hour, the longest time that
        // librdkafka allows.
        .set("topic.metadata.propagation.max.ms", "3600000");
    with_properties(config, settings, &settings.producer_properties)
}

/// A member of a consumer group that manages its offsets itself: librdkafka neither commits nor
/// resets them.
fn group_member(
    settings: &KafkaSettings,
    consumer: &ConsumerSettings,
    group_id: &str,
    service: &str,
) -> ClientConfig {
    let mut config = client(settings, service);
    config
        .set("group.id", group_id)
        .set("session.timeout.ms", consumer.session_timeout_ms.to_string())
        .set("heartbeat.interval.ms", heartbeat_ms(consumer.session_timeout_ms).to_string())
        // A rebalance revokes only the partitions that move.
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // An offset out of range must not be skipped silently: the poller handles the error.
        .set("auto.offset.reset", "error")
        // A message damaged on the wire must not be used.
        .set("check.crcs", "true")
        // The statistics report lag and broker states.
        .set("statistics.interval.ms", STATISTICS_INTERVAL_MS)
        // After a full queue, fetching resumes at once instead of after the default of 1 s.
        .set("fetch.queue.backoff.ms", "10")
        // The limit in KiB governs the prefetch, not the number of messages.
        .set("queued.max.messages.kbytes", consumer.queue_kib.to_string())
        .set("allow.auto.create.topics", "false");
    // A static member keeps its partitions over a restart.
    if !consumer.instance_id.is_empty() {
        config.set("group.instance.id", &consumer.instance_id);
    }
    config
}

/// At most a third of the session timeout: the group expels no member for one late heartbeat, and
/// every member learns of a rebalance in time to join it.
const fn heartbeat_ms(session_timeout_ms: u32) -> u32 {
    let third_ms = session_timeout_ms / 3;
    if third_ms < MAX_HEARTBEAT_MS { third_ms } else { MAX_HEARTBEAT_MS }
}

/// A member of the archive's consumer group. The lake stores the positions; the archive commits
/// offsets for monitoring only.
#[must_use]
pub fn archive_config(
    settings: &KafkaSettings,
    consumer: &ConsumerSettings,
    service: &str,
) -> ClientConfig {
    let mut config = group_member(settings, consumer, &consumer.group_id, service);
    config
        // Larger responses arrive in bursts, between which the poller idles.
        .set("fetch.message.max.bytes", "1048576")
        .set("queued.min.messages", "1000000");
    with_properties(config, settings, &settings.consumer_properties)
}

/// A member of the watch's consumer group. It commits offsets once the alerts before them are
/// delivered.
#[must_use]
pub fn watch_config(
    settings: &KafkaSettings,
    consumer: &ConsumerSettings,
    service: &str,
) -> ClientConfig {
    let mut config = group_member(settings, consumer, &consumer.watch.group_id, service);
    // Silence is judged only in a partition that was read to its end.
    config.set("enable.partition.eof", "true");
    with_properties(config, settings, &settings.consumer_properties)
}

/// The producer of alerts. Its caller waits while the queue is full.
#[must_use]
pub fn alert_producer_config(settings: &KafkaSettings, service: &str) -> ClientConfig {
    let mut config = idempotent_producer(settings, service);
    config
        // An alert waits for no other.
        .set("linger.ms", "0")
        .set("compression.type", "lz4");
    with_properties(config, settings, &settings.producer_properties)
}

/// The producer of patient states. Its caller waits while the queue is full.
#[must_use]
pub fn state_producer_config(settings: &KafkaSettings, service: &str) -> ClientConfig {
    let mut config = idempotent_producer(settings, service);
    // Those of a ward are due at about the same time, and fewer requests leave the broker more time
    // for alerts.
    config.set("linger.ms", "5").set("compression.type", "lz4");
    with_properties(config, settings, &settings.producer_properties)
}

/// A consumer outside any group. It assigns partitions to itself and reads whole topics.
#[must_use]
pub fn reader_config(settings: &KafkaSettings, service: &str) -> ClientConfig {
    let mut config = client(settings, service);
    config
        // librdkafka requires a group id even if the client joins no group.
        .set("group.id", format!("{service}-reader"))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        // Bounds the latency of live readings on a quiet topic.
        .set("fetch.wait.max.ms", "20")
        .set("allow.auto.create.topics", "false");
    with_properties(config, settings, &settings.consumer_properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_sends_three_heartbeats_within_its_session_timeout() {
        for (session_timeout_ms, heartbeat_ms) in [(4_000, "1333"), (10_000, "3000")] {
            let consumer = ConsumerSettings { session_timeout_ms, ..ConsumerSettings::default() };
            let config = watch_config(&KafkaSettings::default(), &consumer, "test");
            assert_eq!(config.get("heartbeat.interval.ms"), Some(heartbeat_ms));
        }
    }
}
