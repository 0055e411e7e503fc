//! A producer that counts its deliveries.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    config::FromClientConfigAndContext as _,
    error::{KafkaError, KafkaResult},
    message::OwnedHeaders,
    producer::{BaseProducer, BaseRecord, Producer as _, ThreadedProducer},
    types::RDKafkaErrorCode,
};

use super::{
    broker_state::BrokerState, callbacks::ProducerCallbacks, config::with_statistics,
    delivery::DeliveryStats,
};

/// A message to send.
#[derive(Debug)]
pub struct OutgoingMessage<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The key, which selects the partition.
    pub key: Option<&'a [u8]>,
    /// The payload.
    pub payload: Option<&'a [u8]>,
    /// The headers.
    pub headers: Option<OwnedHeaders>,
    /// The timestamp, milliseconds since the epoch; the time of sending without one.
    pub timestamp_ms: Option<i64>,
}

/// A Kafka producer with delivery counts and broker state.
///
/// `send` never blocks: if the client's queue is full, the caller waits or drops the message.
pub struct CountedProducer {
    client: Client,
    callbacks: ProducerCallbacks,
}

/// The two ways to serve delivery reports.
enum Client {
    /// On a polling thread of the client.
    Threaded(ThreadedProducer<ProducerCallbacks>),
    /// On the caller's thread, inside `serve_reports`.
    Polled(BaseProducer<ProducerCallbacks>),
}

impl CountedProducer {
    /// A producer whose own thread serves delivery reports.
    ///
    /// # Errors
    /// If librdkafka refuses a property.
    pub fn threaded(config: &ClientConfig, callbacks: ProducerCallbacks) -> KafkaResult<Self> {
        let config = with_statistics(config);
        let client = ThreadedProducer::from_config_and_context(&config, callbacks.clone())?;
        Ok(Self { client: Client::Threaded(client), callbacks })
    }

    /// A producer without a thread: delivery reports are served by
    /// [`serve_reports`](Self::serve_reports) and [`flush`](Self::flush).
    ///
    /// # Errors
    /// If librdkafka refuses a property.
    pub fn polled(config: &ClientConfig, callbacks: ProducerCallbacks) -> KafkaResult<Self> {
        let client = BaseProducer::from_config_and_context(config, callbacks.clone())?;
        Ok(Self { client: Client::Polled(client), callbacks })
    }

    /// Appends `message` to the client's queue.
    ///
    /// # Errors
    /// If the queue is full (then [`is_queue_full`] is true), or the client refuses the message.
    /// The message is not counted; see [`count_failure`](Self::count_failure).
    pub fn send(&self, message: OutgoingMessage<'_>) -> Result<(), KafkaError> {
        let record: BaseRecord<'_, [u8], [u8], usize> = BaseRecord {
            key: message.key,
            payload: message.payload,
            headers: message.headers,
            timestamp: message.timestamp_ms,
            ..BaseRecord::with_opaque_to(message.topic, self.callbacks.elapsed_us())
        };
        let sent = match &self.client {
            Client::Threaded(client) => client.send(record),
            Client::Polled(client) => client.send(record),
        };
        // Counted only now: the caller may send a message that found the queue full once more.
        match sent {
            Ok(()) => {
                self.callbacks.message_sent();
                Ok(())
            }
            Err((error, _)) => Err(error),
        }
    }

    /// Counts a message that [`send`](Self::send) did not accept as sent and failed.
    pub fn count_failure(&self, error: &KafkaError, topic: &str) {
        self.callbacks.count_failure(error, topic);
    }

    /// The messages by their state of delivery.
    #[must_use]
    pub fn stats(&self) -> DeliveryStats {
        self.callbacks.stats()
    }

    /// The reachability of the brokers.
    #[must_use]
    pub fn broker(&self) -> &BrokerState {
        self.callbacks.broker()
    }

    /// The first permanent error, if any.
    #[must_use]
    pub fn permanent_error(&self) -> Option<&str> {
        self.callbacks.permanent_error()
    }

    /// Serves every delivery report that has arrived, without waiting. Returns true if there were any.
    pub fn serve_reports(&self) -> bool {
        // A threaded client serves them itself.
        let Client::Polled(client) = &self.client else { return false };
        let before = self.stats().reported();
        loop {
            // One poll serves the reports of a single batch.
            let reported = self.stats().reported();
            client.poll(Duration::ZERO);
            if self.stats().reported() == reported {
                return reported > before;
            }
        }
    }

    /// Waits until no message is in flight.
    ///
    /// # Errors
    /// If messages are still in flight after `timeout`.
    pub fn flush(&self, timeout: Duration) -> Result<(), KafkaError> {
        match &self.client {
            Client::Threaded(client) => client.flush(timeout),
            Client::Polled(client) => client.flush(timeout),
        }
    }
}

/// Returns true if the client's queue is full.
#[must_use]
pub fn is_queue_full(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull)
}
