//! A producer of the watch, with its messages in flight.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rdkafka::{
    ClientConfig, ClientContext, Message as _,
    config::RDKafkaLogLevel,
    error::KafkaError,
    producer::{
        BaseRecord, DeliveryResult, Producer as _, ProducerContext, PurgeConfig, ThreadedProducer,
    },
};
use vitals_core::runtime::{clock::now_ms, kafka::is_queue_full};

use super::in_flight::InFlight;
use crate::metrics;

/// The longest wait for room in the client's queue.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The interval at which a full queue is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// The interval at which a flush looks for messages in flight.
const FLUSH_INTERVAL: Duration = Duration::from_millis(1);

/// Sends the messages of one topic, keyed by patient.
pub(super) struct TopicWriter {
    producer: ThreadedProducer<Deliveries>,
    deliveries: Deliveries,
    topic: String,
}

impl TopicWriter {
    /// # Errors
    /// If the Kafka client refuses the settings.
    pub(super) fn new(config: &ClientConfig, topic: &str) -> anyhow::Result<Self> {
        let deliveries = Deliveries::default();
        let producer = config.create_with_context(deliveries.clone());
        let producer = producer.context("settings: kafka")?;
        Ok(Self { producer, deliveries, topic: topic.to_owned() })
    }

    /// Queues a message; a tombstone without a payload. Returns its number. `arrival_ms` is the
    /// arrival of the reading that caused it, if its latency counts.
    ///
    /// # Errors
    /// If the client refuses the message, or its queue stays full.
    pub(super) fn send(
        &self,
        patient: &str,
        payload: Option<&[u8]>,
        arrival_ms: Option<i64>,
    ) -> anyhow::Result<u64> {
        let number = self.deliveries.0.in_flight.add(arrival_ms);
        let opaque = usize::try_from(number)?;
        let mut record = BaseRecord::with_opaque_to(&self.topic, opaque).key(patient);
        record.payload = payload;
        let started = Instant::now();
        loop {
            let Err((error, refused)) = self.producer.send(record) else { return Ok(number) };
            if !is_queue_full(&error) || started.elapsed() > MAX_WAIT {
                return Err(error).context("sending to Kafka");
            }
            record = refused;
            thread::sleep(RETRY_INTERVAL);
        }
    }

    /// # Errors
    /// The first failed delivery.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if let Some(error) = &*self.deliveries.failure() {
            bail!("{error}");
        }
        Ok(())
    }

    /// The numbers of the messages in flight.
    pub(super) fn in_flight(&self) -> &InFlight {
        &self.deliveries.0.in_flight
    }

    /// Waits until `deadline` for the delivery of every message. Returns false if one was not delivered.
    pub(super) fn flush(&self, deadline: Instant) -> bool {
        // `Producer::flush` polls for 100 ms although the client's thread has the reports by then.
        while self.in_flight().oldest().is_some() {
            if Instant::now() >= deadline || self.check().is_err() {
                return false;
            }
            thread::sleep(FLUSH_INTERVAL);
        }
        true
    }

    /// Drops the messages that were not delivered.
    pub(super) fn purge(&self) {
        self.producer.purge(PurgeConfig::default().queue().inflight());
    }

    /// The offset after the last message that was delivered, by partition.
    pub(super) fn ends(&self) -> BTreeMap<i32, i64> {
        self.deliveries.ends().clone()
    }

    /// Notes that the messages before `end` in `partition` are known.
    pub(super) fn note_end(&self, partition: i32, end: i64) {
        self.deliveries.note_end(partition, end);
    }
}

/// Delivery reports. Clones share them.
#[derive(Clone, Default)]
struct Deliveries(Arc<State>);

#[derive(Default)]
struct State {
    in_flight: InFlight,
    ends: Mutex<BTreeMap<i32, i64>>,
    failure: Mutex<Option<String>>,
}

impl Deliveries {
    fn ends(&self) -> MutexGuard<'_, BTreeMap<i32, i64>> {
        self.0.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self) -> MutexGuard<'_, Option<String>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_end(&self, partition: i32, end: i64) {
        let mut ends = self.ends();
        let known = ends.entry(partition).or_insert(end);
        *known = end.max(*known);
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(kafka.level = ?level, kafka.facility = facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "Kafka client error");
    }
}

impl ProducerContext for Deliveries {
    /// The number of the message.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        match result {
            Ok(message) => {
                self.note_end(message.partition(), message.offset() + 1);
                let number = u64::try_from(opaque).unwrap_or_default();
                if let Some(arrival_ms) = self.0.in_flight.remove(number) {
                    metrics::record_alert_latency(now_ms().saturating_sub(arrival_ms));
                }
            }
            // It stays in flight: what follows from it must not be committed.
            Err((error, message)) => {
                let text = format!("not delivered to {}: {error}", message.topic());
                self.failure().get_or_insert(text);
            }
        }
    }
}
