//! The producers of alerts and patient states.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use vitals_core::runtime::{
    config::Settings,
    kafka::{alert_producer_config, state_producer_config},
};

use super::topic_writer::TopicWriter;

/// Publishes alerts and patient states, keyed by patient. Each topic has a client of its own: an
/// alert must not wait behind the states of a whole ward on the same connection.
pub(super) struct Publisher {
    alerts: TopicWriter,
    states: TopicWriter,
}

/// Numbers of the last alert and of the last state that were sent by some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    alert: u64,
    state: u64,
}

impl Publisher {
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let topics = &settings.kafka.topics;
        let alerts = alert_producer_config(&settings.kafka, "consumer");
        let states = state_producer_config(&settings.kafka, "consumer");
        Ok(Self {
            alerts: TopicWriter::new(&alerts, &topics.alerts)?,
            states: TopicWriter::new(&states, &topics.patient_status)?,
        })
    }

    /// Queues an alert. Returns its number. `arrival_ms` is the arrival of the reading that caused
    /// it.
    ///
    /// # Errors
    /// If the client refuses the message, or its queue stays full.
    pub(super) fn send_alert(
        &self,
        patient: &str,
        payload: &[u8],
        arrival_ms: i64,
    ) -> anyhow::Result<u64> {
        self.alerts.send(patient, Some(payload), Some(arrival_ms))
    }

    /// Queues a patient's state; a tombstone without one.
    ///
    /// # Errors
    /// As [`send_alert`](Self::send_alert).
    pub(super) fn send_status(&self, patient: &str, payload: Option<&[u8]>) -> anyhow::Result<()> {
        self.states.send(patient, payload, None)?;
        Ok(())
    }

    /// Fails if a message was not delivered: its alert would be lost with the next commit.
    ///
    /// # Errors
    /// The first failed delivery.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.alerts.check()?;
        self.states.check()
    }

    /// Number of alerts sent.
    pub(super) fn alerts(&self) -> u64 {
        self.alerts.in_flight().sent()
    }

    /// The number of the oldest alert in flight.
    pub(super) fn oldest_alert(&self) -> Option<u64> {
        self.alerts.in_flight().oldest()
    }

    /// The number of the oldest state in flight.
    pub(super) fn oldest_state(&self) -> Option<u64> {
        self.states.in_flight().oldest()
    }

    /// The messages sent by now.
    pub(super) fn sent(&self) -> Sent {
        Sent { alert: self.alerts(), state: self.states.in_flight().sent() }
    }

    /// Returns true if every message up to `sent` was delivered.
    pub(super) fn has_delivered(&self, sent: Sent) -> bool {
        self.oldest_alert().is_none_or(|oldest| oldest > sent.alert)
            && self.oldest_state().is_none_or(|oldest| oldest > sent.state)
    }

    /// Waits up to `timeout` until every message is delivered. Returns true if all were.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        self.alerts.flush(deadline) && self.states.flush(deadline)
    }

    /// Drops the messages that were not delivered: the next owner of their partitions judges the
    /// readings behind them.
    pub(super) fn purge(&self) {
        self.alerts.purge();
        self.states.purge();
    }

    /// The offset after the last alert that this instance delivered, by partition of `alerts`.
    pub(super) fn alert_ends(&self) -> BTreeMap<i32, i64> {
        self.alerts.ends()
    }

    /// Notes that the alerts before `end` in `partition` are known.
    pub(super) fn note_alert_end(&self, partition: i32, end: i64) {
        self.alerts.note_end(partition, end);
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
            let sent = publisher.sent();
            let started = Instant::now();
            assert!(publisher.flush(Duration::from_secs(20)));
            assert!(publisher.has_delivered(sent));
            started.elapsed()
        });
        // The fastest one, because the machine may be busy.
        let fastest = flushes.min().unwrap();
        assert!(fastest < Duration::from_millis(50), "{fastest:?}");
        assert_eq!(publisher.alert_ends(), BTreeMap::from([(0, 50)]));
    }

    #[test]
    fn a_message_is_in_flight_until_a_broker_has_it() {
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = "127.0.0.1:9".to_owned();
        let publisher = Publisher::new(&settings).unwrap();
        let before = publisher.sent();
        assert_eq!(publisher.send_alert("p", b"{}", 1).unwrap(), 1);
        publisher.send_status("p", None).unwrap();
        assert!(!publisher.flush(Duration::from_millis(20)));
        assert!(publisher.has_delivered(before));
        assert!(!publisher.has_delivered(publisher.sent()));
        assert_eq!((publisher.oldest_alert(), publisher.oldest_state()), (Some(1), Some(1)));
    }
}
