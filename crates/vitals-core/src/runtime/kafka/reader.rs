//! The client context of a consumer outside any group.

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, ConsumerContext},
    error::KafkaError,
};

use super::broker_state::BrokerState;

/// A consumer that assigns partitions to itself, with the state of its brokers.
pub type Reader = BaseConsumer<ReaderCallbacks>;

/// Tracks the brokers' state, as reported by librdkafka while the consumer is polled.
pub struct ReaderCallbacks {
    broker: BrokerState,
}

impl ReaderCallbacks {
    /// The callbacks of `client`, for example `live readings`.
    #[must_use]
    pub const fn new(client: &'static str) -> Self {
        Self { broker: BrokerState::new(client) }
    }

    /// The reachability of the brokers.
    #[must_use]
    pub const fn broker(&self) -> &BrokerState {
        &self.broker
    }
}

impl ClientContext for ReaderCallbacks {
    /// librdkafka repeats its log lines with every connection attempt; errors carry the same
    /// information, but for a connection that times out.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.broker.client_log(facility, message);
        tracing::debug!(kafka.level = ?level, kafka.facility = facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.broker.client_error(&error, reason);
    }
}

impl ConsumerContext for ReaderCallbacks {}

/// The callbacks of a reader that ends soon, or that reads beside the client whose broker state is
/// tracked. What librdkafka reports, among it every end of a partition, is logged at `debug`.
#[derive(Debug)]
pub struct QuietCallbacks;

impl ClientContext for QuietCallbacks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(kafka.level = ?level, kafka.facility = facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(kafka.error = %error, kafka.reason = reason, "Kafka client error");
    }
}

impl ConsumerContext for QuietCallbacks {}
