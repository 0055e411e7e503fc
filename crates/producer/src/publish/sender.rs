//! Hands readings to the Kafka client, with backpressure.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vitals_core::runtime::kafka::{CountedProducer, OutgoingMessage, is_queue_full};

/// Initial backoff while the client's queue is full.
const INITIAL_BACKOFF: Duration = Duration::from_millis(1);
/// Maximum backoff while the client's queue is full.
const MAX_BACKOFF: Duration = Duration::from_millis(100);

/// Sends messages.
pub(super) struct Sender {
    kafka: CountedProducer,
}

impl Sender {
    pub(super) const fn new(kafka: CountedProducer) -> Self {
        Self { kafka }
    }

    /// Enqueues a message, waiting while the client's queue is full. Returns false if `stop` came
    /// first and the message was not sent.
    pub(super) async fn send(
        &self,
        topic: &str,
        key: &str,
        payload: &[u8],
        stop: &CancellationToken,
    ) -> bool {
        let mut backoff = INITIAL_BACKOFF;
        while !self.enqueue(topic, key, payload) {
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
    fn enqueue(&self, topic: &str, key: &str, payload: &[u8]) -> bool {
        let message = OutgoingMessage {
            topic,
            key: Some(key.as_bytes()),
            payload: Some(payload),
            headers: None,
            timestamp_ms: None,
        };
        match self.kafka.send(message) {
            Ok(()) => true,
            Err(error) if is_queue_full(&error) => false,
            Err(error) => {
                // After a fatal error the client itself rejects every further message.
                self.kafka.count_failure(&error, topic);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientConfig;
    use vitals_core::runtime::{
        kafka::{DeliveryMetrics, ProducerCallbacks},
        readiness::Readiness,
    };

    use super::*;

    #[tokio::test]
    async fn a_message_rejected_by_the_client_stops_the_service() {
        let stop = CancellationToken::new();
        let callbacks = ProducerCallbacks::strict(
            "producer",
            DeliveryMetrics::default(),
            Readiness::default(),
            stop.clone(),
        );
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", "127.0.0.1:9").set("message.max.bytes", "1000");
        let kafka = CountedProducer::threaded(&client, callbacks.clone()).unwrap();
        let sender = Sender::new(kafka);
        assert!(!sender.send("vitals", "p-1", &[0; 2_000], &stop).await);
        let cause = callbacks.permanent_error().unwrap();
        assert!(cause.contains("MessageSizeTooLarge"), "{cause}");
        assert_eq!((callbacks.stats().undelivered(), callbacks.stats().in_flight()), (1, 0));
    }
}
