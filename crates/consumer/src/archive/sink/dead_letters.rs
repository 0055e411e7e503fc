//! Dead letters: copies of rejected messages, on a topic where their senders see them.
//!
//! The lake keeps the messages themselves, exactly once. A dead letter is a courtesy: after a
//! crash it may be sent again, and one that the broker does not accept is counted and dropped.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    error::{KafkaError, KafkaResult},
    message::{Header, OwnedHeaders},
};
use vitals_core::{
    domain::decode::arrival_ms,
    runtime::{
        clock::now_ms,
        config::Settings,
        kafka::{self, CountedProducer, OutgoingMessage, ProducerCallbacks},
    },
};

use crate::{archive::batch::RejectedMessage, metrics::ArchiveMetrics};

/// Delivery timeout of a dead letter.
const DELIVERY_TIMEOUT_MS: &str = "60000";

/// Memory limit of the producer's queue, KiB.
const QUEUE_KIB: &str = "16384";

/// Sends dead letters.
pub(crate) struct DeadLetters {
    producer: CountedProducer,
    /// The topic that the messages were read from.
    source: String,
    /// The topic of the dead letters.
    topic: String,
}

impl DeadLetters {
    /// The producer of dead letters for messages of topic `source`.
    pub(crate) fn new(
        settings: &Settings,
        source: String,
        metrics: &ArchiveMetrics,
    ) -> KafkaResult<Self> {
        let config = config(settings);
        let callbacks = ProducerCallbacks::new("dead letters", metrics.dead_letter_delivery());
        let producer = CountedProducer::threaded(&config, callbacks)?;
        Ok(Self { producer, source, topic: settings.kafka.topics.rejected.clone() })
    }

    /// Appends the dead letter of a message to the producer's queue: its key, payload, headers and
    /// timestamp. Further headers have the reason and the message's position.
    pub(super) fn send(&self, rejected: &RejectedMessage) -> KafkaResult<()> {
        let mut headers = OwnedHeaders::new();
        for header in &rejected.headers {
            headers = headers.insert(Header { key: &header.key, value: header.value.as_deref() });
        }
        // These let a sender find its message without parsing the payload.
        let RejectedMessage { partition, offset, time_ms, .. } = rejected;
        let fields = [
            ("reason", rejected.reason.code().to_owned()),
            ("topic", self.source.clone()),
            ("partition", partition.to_string()),
            ("offset", offset.to_string()),
            ("timestamp", time_ms.to_string()),
        ];
        for (key, value) in &fields {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        self.producer.send(OutgoingMessage {
            topic: &self.topic,
            key: rejected.key.as_deref(),
            payload: rejected.payload.as_deref(),
            headers: Some(headers),
            // A broker refuses a time that is far ahead; the header has it in any case.
            timestamp_ms: arrival_ms(*time_ms).filter(|time_ms| *time_ms <= now_ms()),
        })
    }

    /// Counts a dead letter that the producer did not accept.
    pub(super) fn count_failure(&self, error: &KafkaError) {
        self.producer.count_failure(error, &self.topic);
    }

    /// Waits up to `timeout` for the delivery of the queued dead letters.
    pub(super) fn flush(&self, timeout: Duration) {
        if let Err(error) = self.producer.flush(timeout) {
            tracing::debug!(%error, "dead letters were still in flight");
        }
    }
}

fn config(settings: &Settings) -> ClientConfig {
    let mut config = kafka::producer_config(&settings.kafka, &settings.producer, "consumer");
    config
        .set("message.timeout.ms", DELIVERY_TIMEOUT_MS)
        .set("queue.buffering.max.kbytes", QUEUE_KIB);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_producers_queue_is_bounded_in_memory() {
        let limit = config(&Settings::default());
        assert_eq!(limit.get("queue.buffering.max.kbytes"), Some(QUEUE_KIB));
    }
}
