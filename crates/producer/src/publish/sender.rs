//! Hands readings to the Kafka client.

use std::time::Duration;

use rdkafka::{
    error::KafkaError,
    producer::{BaseRecord, ThreadedProducer},
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;

use super::callbacks::ProducerCallbacks;

/// The client: a queue, and a thread that hears what became of each message.
pub(super) type Kafka = ThreadedProducer<ProducerCallbacks>;

/// First and longest pause while the client's queue is full.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));

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

    /// Puts a message into the client's queue; while that is full, it waits. False when `stop`
    /// came first: then the message was not sent.
    pub(super) async fn send(&self, key: &str, payload: &[u8], stop: &CancellationToken) -> bool {
        let mut pause = PAUSE.0;
        while !self.put(key, payload) {
            tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            }
        }
        true
    }

    /// False when the queue is full, or the client refuses the message, which stops everything.
    fn put(&self, key: &str, payload: &[u8]) -> bool {
        let record = BaseRecord::with_opaque_to(&self.topic, self.callbacks.stopwatch_us());
        match self.kafka.send(record.key(key).payload(payload)) {
            Ok(()) => {
                self.callbacks.sent();
                true
            }
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => false,
            Err((error, _)) => {
                // A client that has heard of a refusal refuses the next one itself.
                self.callbacks.sent();
                self.callbacks.not_delivered(&error);
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
    async fn what_the_client_refuses_is_not_delivered_and_stops_the_rest() {
        let stop = CancellationToken::new();
        let callbacks = ProducerCallbacks::new(Readiness::default(), stop.clone());
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", "127.0.0.1:9").set("message.max.bytes", "1000");
        let kafka = Kafka::from_config_and_context(&client, callbacks.clone()).unwrap();
        let sender = Sender::new(kafka, callbacks.clone(), "vitals".to_owned());
        assert!(!sender.send("p-1", &[0; 2_000], &stop).await);
        assert!(
            callbacks.refusal().unwrap().contains("MessageSizeTooLarge"),
            "{:?}",
            callbacks.refusal()
        );
        assert_eq!(
            (callbacks.delivery_stats().missing(), callbacks.delivery_stats().waiting()),
            (1, 0)
        );
    }
}
