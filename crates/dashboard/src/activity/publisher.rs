//! Publishes events to Kafka, through the client's bounded queue.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use anyhow::Context as _;
use rdkafka::ClientConfig;
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::activity::ActivityEvent,
    runtime::{
        config::Settings,
        kafka::{
            CountedProducer, OutgoingMessage, ProducerCallbacks, activity_producer_config,
            is_queue_full,
        },
    },
};

use super::topic::Topic;
use crate::{
    metrics,
    wire::{ActivityLogState, UpDown},
};

/// Interval between attempts to create the topic, and between updates of the gauge.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Longest wait of a shutdown for events in flight.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Publishes events to the topic.
pub(super) struct Publisher {
    producer: CountedProducer,
    callbacks: ProducerCallbacks,
    config: ClientConfig,
    topic: String,
    request_timeout: Duration,
    dropped: AtomicU64,
    /// True after a drop until the next event that finds room: the drops of a series are logged once.
    dropping: AtomicBool,
}

impl Publisher {
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let config = activity_producer_config(&settings.kafka, &settings.dashboard.activity);
        let callbacks = ProducerCallbacks::new("activity log", metrics::activity_deliveries());
        let producer = CountedProducer::threaded(&config, callbacks.clone())
            .context("can't create the activity log's Kafka client; check kafka.properties")?;
        Ok(Self {
            producer,
            callbacks,
            config,
            topic: settings.kafka.topics.audit.clone(),
            request_timeout: Duration::from_millis(settings.kafka.request_timeout_ms.into()),
            dropped: AtomicU64::new(0),
            dropping: AtomicBool::new(false),
        })
    }

    /// Enqueues an event. Drops and counts it if the queue is full.
    pub(super) fn publish(&self, event: &ActivityEvent) {
        let json = match serde_json::to_vec(event) {
            Ok(json) => json,
            Err(error) => {
                tracing::error!(%error, "cannot serialize an event of the activity log");
                return;
            }
        };
        let message = OutgoingMessage {
            topic: &self.topic,
            key: Some(event.event_id.as_bytes()),
            payload: Some(&json),
            headers: None,
            timestamp_ms: Some(event.time),
        };
        match self.producer.send(message) {
            Ok(()) => self.dropping.store(false, Relaxed),
            Err(error) if is_queue_full(&error) => self.drop_event(),
            Err(error) => self.producer.count_failure(&error, &self.topic),
        }
    }

    fn drop_event(&self) {
        self.dropped.fetch_add(1, Relaxed);
        metrics::count_dropped_activity();
        if !self.dropping.swap(true, Relaxed) {
            let waiting = self.producer.stats().in_flight();
            tracing::warn!(
                kafka.in_flight = waiting,
                "events of the activity log are dropped: the queue is full"
            );
        }
    }

    pub(super) fn state(&self) -> ActivityLogState {
        let stats = self.producer.stats();
        ActivityLogState {
            enabled: true,
            kafka: if self.producer.broker().is_up() { UpDown::Up } else { UpDown::Down },
            waiting: stats.in_flight(),
            delivered: stats.delivered,
            lost: stats.failed + self.dropped.load(Relaxed),
        }
    }

    /// Creates the topic if it is missing, and updates the gauge, until shutdown.
    pub(super) async fn run(&self, shutdown: &CancellationToken) -> anyhow::Result<()> {
        let callbacks = self.callbacks.clone();
        let topic = Topic::new(&self.config, callbacks, &self.topic, self.request_timeout)?;
        let mut missing = Some(topic);
        let mut logged = None;
        let mut ticks = tokio::time::interval(CHECK_INTERVAL);
        while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
            // Counting updates the gauge.
            let _ = self.producer.stats();
            let Some(topic) = &missing else { continue };
            let Some(outcome) = shutdown.run_until_cancelled(topic.ensure()).await else { break };
            match outcome {
                Ok(()) => {
                    // The end of a client waits for its threads.
                    let client = missing.take();
                    tokio::task::spawn_blocking(move || drop(client)).await?;
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    // An outage fails on every attempt; its error is logged once.
                    if logged.as_ref() != Some(&error) {
                        tracing::warn!(error, "the activity log has no topic; retrying");
                    }
                    logged = Some(error);
                }
            }
        }
        Ok(())
    }

    /// Waits for the events in flight.
    pub(super) fn flush(&self) {
        if self.producer.flush(FLUSH_TIMEOUT).is_err() {
            let waiting = self.producer.stats().in_flight();
            tracing::warn!(
                kafka.in_flight = waiting,
                "stopped before every event of the activity log was delivered"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rdkafka::mocking::MockCluster;
    use vitals_core::domain::activity::{ACTIVITY_VERSION, Action, View};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn event(index: u32) -> ActivityEvent {
        ActivityEvent {
            version: ACTIVITY_VERSION,
            event_id: format!("event-{index}"),
            time: 1_763_812_800_123,
            user: None,
            address: "192.0.2.1".parse().unwrap(),
            user_agent: None,
            action: Action::Viewed,
            view: View::Ward,
            patient_id: None,
            ward: None,
            from: None,
            to: None,
            request_id: None,
        }
    }

    fn wait_for_deliveries(publisher: &Publisher, count: u64) {
        let start = Instant::now();
        while publisher.state().delivered < count {
            assert!(start.elapsed() < TIMEOUT, "{:?}", publisher.state());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn an_outage_keeps_events_up_to_the_limit_and_counts_the_others() {
        let cluster = MockCluster::new(1).unwrap();
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = cluster.bootstrap_servers();
        settings.dashboard.activity.max_queued_events = 20;
        cluster.create_topic(&settings.kafka.topics.audit, 1, 1).unwrap();
        let publisher = Publisher::new(&settings).unwrap();
        cluster.broker_down(1).unwrap();
        (0..50).for_each(|index| publisher.publish(&event(index)));
        let state = publisher.state();
        assert_eq!((state.waiting, state.lost, state.delivered), (20, 30, 0), "{state:?}");

        cluster.broker_up(1).unwrap();
        wait_for_deliveries(&publisher, 20);
        publisher.publish(&event(50));
        wait_for_deliveries(&publisher, 21);
        publisher.flush();
        let state = publisher.state();
        assert_eq!((state.waiting, state.lost, state.delivered), (0, 30, 21), "{state:?}");
    }
}
