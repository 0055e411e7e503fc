//! Hands readings to the Kafka client.

use std::time::Duration;

use anyhow::Context as _;
use rdkafka::{
    error::KafkaError,
    producer::{BaseRecord, ThreadedProducer},
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;

use super::link::Link;

/// The client: a queue, and a thread that hears what became of each message.
pub(super) type Kafka = ThreadedProducer<Link>;

/// First and longest pause while the client's queue is full.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));

/// Sends to one topic.
pub(super) struct Sender {
    kafka: Kafka,
    link: Link,
    topic: String,
}

impl Sender {
    /// A sender to `topic`.
    pub(super) fn new(kafka: Kafka, link: Link, topic: String) -> Self {
        Self { kafka, link, topic }
    }

    /// Puts a message into the client's queue; while that is full, it waits. False when `stop`
    /// came first: then the message was not sent.
    pub(super) async fn send(
        &self,
        key: &str,
        payload: &[u8],
        stop: &CancellationToken,
    ) -> anyhow::Result<bool> {
        let mut pause = PAUSE.0;
        while !self.put(key, payload)? {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            }
        }
        Ok(true)
    }

    /// False when the queue is full.
    fn put(&self, key: &str, payload: &[u8]) -> anyhow::Result<bool> {
        let record = BaseRecord::with_opaque_to(&self.topic, self.link.stopwatch_us());
        match self.kafka.send(record.key(key).payload(payload)) {
            Ok(()) => {
                self.link.sent();
                Ok(true)
            }
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => Ok(false),
            Err((error, _)) => Err(error).context("Kafka's client refuses a reading"),
        }
    }
}
