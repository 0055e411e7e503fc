//! Hands readings to the Kafka client, with backpressure.

use std::time::Duration;

use rdkafka::{
    error::KafkaError,
    producer::{BaseRecord, ThreadedProducer},
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;

use super::callbacks::ProducerCallbacks;

/// The client: a queue, and a thread that polls for delivery reports.
pub(super) type Kafka = ThreadedProducer<ProducerCallbacks>;

/// Initial backoff while the client's queue is full.
const INITIAL_BACKOFF: Duration = Duration::from_millis(1);
/// Maximum backoff while the client's queue is full.
const MAX_BACKOFF: Duration = Duration::from_millis(100);

/// Sends to one topic.
pub(super) struct Sender {
    kafka: Kafka,
    callbacks: ProducerCallbacks,
    topic: String,
}

impl Sender {
    /// A sender to `topic`.
    pub(super) fn new(kafka: Kafka, callbacks: ProducerCallbacks, topic: String) -> Self {
        Self { kafka, callbacks, topic }
    }

    /// Enqueues a message, waiting while the client's queue is full. Returns false if `stop` came
    /// first and the message was not sent.
    pub(super) async fn send(&self, key: &str, payload: &[u8], stop: &CancellationToken) -> bool {
        let mut backoff = INITIAL_BACKOFF;
        while !self.enqueue(key, payload) {
            tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(backoff) => backoff = (backoff * 2).min(MAX_BACKOFF),
            }
        }
        true
    }

    /// Returns false if the queue is full, or if the client rejects the message, which stops the
    /// service.
    fn enqueue(&self, key: &str, payload: &[u8]) -> bool {
        let record = BaseRecord::with_opaque_to(&self.topic, self.callbacks.stopwatch_us());
        match self.kafka.send(record.key(key).payload(payload)) {
            Ok(()) => {
                self.callbacks.sent();
                true
            }
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => false,
            Err((error, _)) => {
                // After a fatal error the client itself rejects every further message.
                self.callbacks.sent();
                self.callbacks.rejected(&error);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::{ClientConfig, config::FromClientConfigAndContext as _};
    use vitals_core::runtime::readiness::Readiness;

    use super::*;

    #[tokio::test]
    async fn a_message_rejected_by_the_client_stops_the_service() {
        let stop = CancellationToken::new();
        let callbacks = ProducerCallbacks::new(Readiness::default(), stop.clone());
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", "127.0.0.1:9").set("message.max.bytes", "1000");
        let kafka = Kafka::from_config_and_context(&client, callbacks.clone()).unwrap();
        let sender = Sender::new(kafka, callbacks.clone(), "vitals".to_owned());
        assert!(!sender.send("p-1", &[0; 2_000], &stop).await);
        assert!(
            callbacks.rejection().unwrap().contains("MessageSizeTooLarge"),
            "{:?}",
            callbacks.rejection()
        );
        assert_eq!(
            (callbacks.delivery_stats().undelivered(), callbacks.delivery_stats().in_flight()),
            (1, 0)
        );
    }
}
