//! The producer of alerts and patient states, and its delivery reports.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rdkafka::{
    ClientContext, Message as _,
    config::RDKafkaLogLevel,
    error::KafkaError,
    producer::{
        BaseRecord, DeliveryResult, Producer as _, ProducerContext, PurgeConfig, ThreadedProducer,
    },
};
use vitals_core::runtime::{
    clock::now_ms,
    config::Settings,
    kafka::{alert_producer_config, is_queue_full},
};

use crate::metrics;

/// The longest wait for room in the client's queue.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The interval at which a full queue is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(5);

/// The interval at which a flush looks for messages that were not delivered.
const FLUSH_INTERVAL: Duration = Duration::from_millis(1);

/// Publishes alerts and patient states, keyed by patient.
pub(super) struct Publisher {
    producer: ThreadedProducer<Deliveries>,
    deliveries: Deliveries,
    alerts: String,
    statuses: String,
}

impl Publisher {
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let deliveries = Deliveries::default();
        let producer = alert_producer_config(&settings.kafka, "consumer")
            .create_with_context(deliveries.clone())
            .context("settings: kafka")?;
        let topics = &settings.kafka.topics;
        Ok(Self {
            producer,
            deliveries,
            alerts: topics.alerts.clone(),
            statuses: topics.patient_status.clone(),
        })
    }

    /// Queues an alert. `arrival_ms` is the arrival of the reading that caused it.
    ///
    /// # Errors
    /// If the client refuses the message, or its queue stays full.
    pub(super) fn send_alert(
        &self,
        patient: &str,
        payload: &[u8],
        arrival_ms: i64,
    ) -> anyhow::Result<()> {
        self.deliveries.0.alerts_sent.fetch_add(1, Relaxed);
        // 0 is the opaque of a state.
        let opaque = usize::try_from(arrival_ms).unwrap_or_default().max(1);
        self.send(BaseRecord::with_opaque_to(&self.alerts, opaque).key(patient).payload(payload))
    }

    /// Queues a patient's state; a tombstone without one.
    ///
    /// # Errors
    /// As [`send_alert`](Self::send_alert).
    pub(super) fn send_status(&self, patient: &str, payload: Option<&[u8]>) -> anyhow::Result<()> {
        let mut record = BaseRecord::with_opaque_to(&self.statuses, 0).key(patient);
        record.payload = payload;
        self.send(record)
    }

    fn send(&self, mut record: BaseRecord<'_, str, [u8], usize>) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let Err((error, refused)) = self.producer.send(record) else { return Ok(()) };
            if !is_queue_full(&error) || started.elapsed() > MAX_WAIT {
                return Err(error).context("sending to Kafka");
            }
            record = refused;
            thread::sleep(RETRY_INTERVAL);
        }
    }

    /// Fails if a message was not delivered: its alert would be lost with the next commit.
    ///
    /// # Errors
    /// The first failed delivery.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if let Some(error) = &*self.deliveries.failure() {
            bail!("{error}");
        }
        Ok(())
    }

    /// Number of alerts sent.
    pub(super) fn alerts(&self) -> u64 {
        self.deliveries.0.alerts_sent.load(Relaxed)
    }

    /// Returns true if every alert was delivered.
    pub(super) fn alerts_delivered(&self) -> bool {
        let state = &self.deliveries.0;
        state.alerts_delivered.load(Relaxed) >= state.alerts_sent.load(Relaxed)
    }

    /// Waits up to `timeout` until every message is delivered. Returns true if all were.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        // `Producer::flush` polls for 100 ms although the client's thread has the reports by then.
        let deadline = Instant::now() + timeout;
        while self.producer.in_flight_count() > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(FLUSH_INTERVAL);
        }
        true
    }

    /// Drops the messages that were not delivered: the next owner of their partitions judges the
    /// readings behind them.
    pub(super) fn purge(&self) {
        self.producer.purge(PurgeConfig::default().queue().inflight());
    }

    /// The offset after the last alert that this instance delivered, by partition of `alerts`.
    pub(super) fn alert_ends(&self) -> BTreeMap<i32, i64> {
        self.deliveries.ends().clone()
    }

    /// Notes that the alerts before `end` in `partition` are known.
    pub(super) fn note_alert_end(&self, partition: i32, end: i64) {
        self.deliveries.note_end(partition, end);
    }
}

/// Delivery reports. Clones share them.
#[derive(Clone, Default)]
struct Deliveries(Arc<State>);

#[derive(Default)]
struct State {
    alerts_sent: AtomicU64,
    alerts_delivered: AtomicU64,
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
    /// Arrival of the reading behind an alert, ms since the epoch; 0 for a state.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        match result {
            Ok(message) if opaque > 0 => {
                self.note_end(message.partition(), message.offset() + 1);
                let arrival_ms = i64::try_from(opaque).unwrap_or(i64::MAX);
                metrics::record_alert_latency(now_ms().saturating_sub(arrival_ms));
                self.0.alerts_delivered.fetch_add(1, Relaxed);
            }
            Ok(_) => {}
            Err((error, message)) => {
                let text = format!("not delivered to {}: {error}", message.topic());
                self.failure().get_or_insert(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;

    use super::*;

    #[test]
    fn a_flush_ends_with_the_last_delivery() {
        let broker = MockCluster::new(1).unwrap();
        broker.create_topic("alerts", 1, 1).unwrap();
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = broker.bootstrap_servers();
        let publisher = Publisher::new(&settings).unwrap();
        let flushes = (0..50).map(|_| {
            publisher.send_alert("p", b"{}", 1).unwrap();
            let started = Instant::now();
            assert!(publisher.flush(Duration::from_secs(20)));
            assert!(publisher.alerts_delivered());
            started.elapsed()
        });
        // The readings wait meanwhile. The fastest one, because the machine may be busy.
        let fastest = flushes.min().unwrap();
        assert!(fastest < Duration::from_millis(50), "{fastest:?}");
    }

    #[test]
    fn a_flush_without_a_broker_ends_in_time() {
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = "127.0.0.1:9".to_owned();
        let publisher = Publisher::new(&settings).unwrap();
        publisher.send_alert("p", b"{}", 1).unwrap();
        assert!(!publisher.flush(Duration::from_millis(20)));
    }
}
