//! Dead letters: copies of rejected messages, on a topic where their senders see them.
//!
//! The lake keeps the messages themselves, exactly once. A dead letter is a courtesy: after a
//! crash it may be sent again, and one that the broker does not accept is counted and dropped.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    error::{KafkaError, KafkaResult},
    message::{Header, OwnedHeaders},
    types::RDKafkaErrorCode,
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

/// Memory limit of the producer's queue, KiB. librdkafka counts payloads only.
const QUEUE_KIB: &str = "16384";

/// Limit of the keys and headers in the producer's queue, bytes.
const MAX_EXTRA_BYTES: usize = 16 << 20;

/// Sends dead letters.
pub(crate) struct DeadLetters {
    config: ClientConfig,
    callbacks: ProducerCallbacks,
    /// `None` until the first dead letter: most topics never have one, and the threads of an idle
    /// producer take processor time.
    producer: Option<CountedProducer>,
    /// The bytes of keys and headers that were queued since the queue was last empty.
    extra_bytes: usize,
    /// The topic that the messages were read from.
    source: String,
    /// The topic of the dead letters.
    topic: String,
}

impl DeadLetters {
    /// The dead letters of topic `source`.
    ///
    /// # Errors
    /// If librdkafka refuses a property.
    pub(crate) fn new(
        settings: &Settings,
        source: String,
        metrics: &ArchiveMetrics,
    ) -> KafkaResult<Self> {
        let config = config(settings);
        let callbacks = ProducerCallbacks::new("dead letters", metrics.dead_letter_delivery());
        // An invalid property ends the service at its start, not with the first dead letter. librdkafka
        // refuses some combinations of properties only when it creates a client, so one is created and
        // dropped. It connects to no broker.
        CountedProducer::polled(&config, callbacks.clone())?;
        Ok(Self {
            config,
            callbacks,
            producer: None,
            extra_bytes: 0,
            source,
            topic: settings.kafka.topics.rejected.clone(),
        })
    }

    /// Appends the dead letter of a message to the producer's queue: its key, payload, headers and
    /// timestamp. Further headers have the reason and the message's position.
    ///
    /// # Errors
    /// If the queue is full, or the client refuses the message.
    pub(super) fn send(&mut self, rejected: &RejectedMessage) -> KafkaResult<()> {
        let extra_bytes = self.queued_extra_bytes() + rejected.extra_size();
        if extra_bytes > MAX_EXTRA_BYTES && self.extra_bytes > 0 {
            return Err(KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
        }
        let headers = self.headers(rejected);
        let producer = match &mut self.producer {
            Some(producer) => producer,
            none => {
                let callbacks = self.callbacks.clone();
                none.insert(CountedProducer::threaded(&self.config, callbacks)?)
            }
        };
        producer.send(OutgoingMessage {
            topic: &self.topic,
            key: rejected.key.as_deref(),
            payload: rejected.payload.as_deref(),
            headers: Some(headers),
            // A broker refuses a time that is far ahead; the header has it in any case.
            timestamp_ms: arrival_ms(rejected.time_ms).filter(|time_ms| *time_ms <= now_ms()),
        })?;
        self.extra_bytes = extra_bytes;
        Ok(())
    }

    /// Upper bound of the keys and headers in the producer's queue, bytes.
    fn queued_extra_bytes(&mut self) -> usize {
        let stats = self.producer.as_ref().map(CountedProducer::stats);
        if stats.is_none_or(|stats| stats.in_flight() == 0) {
            self.extra_bytes = 0;
        }
        self.extra_bytes
    }

    /// The message's own headers, then those that let a sender find its message without parsing the
    /// payload.
    fn headers(&self, rejected: &RejectedMessage) -> OwnedHeaders {
        let mut headers = OwnedHeaders::new();
        for header in &rejected.headers {
            headers = headers.insert(Header { key: &header.key, value: header.value.as_deref() });
        }
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
        headers
    }

    /// Counts a dead letter that the producer did not accept.
    pub(super) fn count_failure(&self, error: &KafkaError) {
        self.callbacks.count_failure(error, &self.topic);
    }

    /// Waits up to `timeout` for the delivery of the queued dead letters.
    pub(super) fn flush(&self, timeout: Duration) {
        if let Some(producer) = &self.producer
            && let Err(error) = producer.flush(timeout)
        {
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
    use vitals_core::domain::rejection::Reason;

    use super::*;

    fn dead_letters(settings: &Settings) -> KafkaResult<DeadLetters> {
        DeadLetters::new(settings, "vitals".to_owned(), &ArchiveMetrics::new("dead-letters".into()))
    }

    fn rejected(key: Option<Vec<u8>>) -> RejectedMessage {
        RejectedMessage {
            partition: 0,
            offset: 0,
            reason: Reason::NotJson,
            key,
            payload: None,
            headers: Vec::new(),
            time_ms: -1,
        }
    }

    #[test]
    fn a_producer_starts_with_the_first_dead_letter() {
        let mut dead_letters = dead_letters(&Settings::default()).unwrap();
        assert!(dead_letters.producer.is_none());
        dead_letters.send(&rejected(None)).unwrap();
        assert_eq!(dead_letters.producer.unwrap().stats().sent, 1);
    }

    #[test]
    fn a_property_that_librdkafka_refuses_is_named_before_the_first_dead_letter() {
        let properties = [("no.such.property", "1"), ("max.in.flight", "10"), ("retries", "0")];
        for (name, value) in properties {
            let mut settings = Settings::default();
            settings.kafka.producer_properties.insert(name.to_owned(), value.to_owned());
            let error = dead_letters(&settings).err().map(|error| error.to_string());
            assert!(error.as_ref().is_some_and(|it| it.contains(name)), "{name}: {error:?}");
        }
    }

    #[test]
    fn the_producers_queue_is_bounded_in_memory() {
        let limit = config(&Settings::default());
        assert_eq!(limit.get("queue.buffering.max.kbytes"), Some(QUEUE_KIB));
    }

    #[test]
    fn keys_and_headers_fill_the_producers_queue() {
        let mut dead_letters = dead_letters(&Settings::default()).unwrap();
        // Without a broker, every message stays in the queue.
        let rejected = rejected(Some(vec![b'k'; MAX_EXTRA_BYTES / 20]));
        for number in 1..=20 {
            dead_letters.send(&rejected).unwrap_or_else(|error| panic!("{number}: {error}"));
        }
        let error = dead_letters.send(&rejected).unwrap_err();
        assert!(kafka::is_queue_full(&error), "{error}");
    }
}
