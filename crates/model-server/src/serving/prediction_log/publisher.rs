//! Publishes predictions to Kafka, through librdkafka's own queue and threads.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use rdkafka::error::KafkaError;
use uuid::Uuid;
use vitals_core::{
    domain::{
        features::Features,
        prediction::{PredictionEvent, Role},
    },
    runtime::{
        config::{KafkaSettings, PredictionLogSettings},
        kafka::{
            CountedProducer, OutgoingMessage, ProducerCallbacks, is_queue_full,
            prediction_log_config, with_statistics,
        },
    },
};

use crate::{SERVICE, pipeline::Prediction, serving::LoadedModel};

use super::{ServedRequest, event::event, shadow::ShadowPrediction, status::LogCounts};

/// Time without room in the client's queue after which the log counts as stuck. Requests that find
/// the buffer full are then dropped instead of waiting.
const STUCK_AFTER: Duration = Duration::from_secs(1);

/// Time between two attempts to enqueue a message.
const QUEUE_FULL_RETRY_INTERVAL: Duration = Duration::from_millis(1);

/// Publishes events to the topic of predictions.
pub(super) struct Publisher {
    producer: CountedProducer,
    topic: String,
    counts: Arc<LogCounts>,
    drain_timeout: Duration,
    json: Vec<u8>,
}

impl Publisher {
    pub(super) fn new(
        kafka: &KafkaSettings,
        settings: &PredictionLogSettings,
        callbacks: ProducerCallbacks,
        counts: Arc<LogCounts>,
    ) -> anyhow::Result<Self> {
        let config = with_statistics(&prediction_log_config(kafka, settings, SERVICE));
        let producer = CountedProducer::polled(&config, callbacks)
            .context("can't create the prediction log's Kafka client; check kafka.properties")?;
        Ok(Self {
            producer,
            topic: kafka.topics.predictions.clone(),
            counts,
            drain_timeout: Duration::from_millis(settings.drain_timeout_ms),
            json: Vec::with_capacity(1024),
        })
    }

    pub(super) fn publish_served(
        &mut self,
        request: &ServedRequest,
        row: u32,
        features: &Features,
        prediction: &Prediction,
    ) {
        let mut buffer = Uuid::encode_buffer();
        let id = &*request.request_id.hyphenated().encode_lower(&mut buffer);
        self.publish(&event(id, request, &request.model, row, features, prediction));
    }

    pub(super) fn publish_shadow(
        &mut self,
        request: &ServedRequest,
        shadow: &LoadedModel,
        row: u32,
        features: &Features,
        scored: &ShadowPrediction,
    ) {
        let mut buffer = Uuid::encode_buffer();
        let id = &*request.request_id.hyphenated().encode_lower(&mut buffer);
        let event = event(id, request, shadow, row, features, &scored.prediction);
        let latency_us = scored.latency_us;
        // The same request id, so that both predictions of a row can be joined.
        self.publish(&PredictionEvent { role: Role::Shadow, latency_us, ..event });
    }

    fn publish(&mut self, event: &PredictionEvent<'_>) {
        self.json.clear();
        let encoded = sonic_rs::to_writer(&mut self.json, event);
        if let Err(error) = encoded {
            tracing::error!(%error, "can't encode a prediction for the log");
            self.counts.message_dropped(&event.request_id);
            return;
        }
        if let Err(error) = self.enqueue(&event.request_id) {
            self.counts.message_dropped(&event.request_id);
            tracing::debug!(%error, "prediction dropped");
        }
    }

    /// Enqueues the encoded message. Waits for room in the client's queue, also during an outage: the
    /// buffer holds the requests behind it, and decides which of them are dropped. Only a shutdown
    /// ends the wait.
    fn enqueue(&self, key: &str) -> Result<(), KafkaError> {
        let mut full_since = None;
        loop {
            let message = OutgoingMessage {
                topic: &self.topic,
                key: Some(key.as_bytes()),
                payload: Some(&self.json),
                headers: None,
                timestamp_ms: None,
            };
            let error = match self.producer.send(message) {
                Ok(()) => {
                    // The clock was read only if there was no room at once.
                    if full_since.is_some() {
                        self.counts.set_stuck(false);
                    }
                    return Ok(());
                }
                Err(error) => error,
            };
            let closed_for = self.counts.closed_for();
            // Any other error is of this message alone. An empty queue never shrinks.
            if !is_queue_full(&error)
                || self.in_flight() == 0
                || closed_for.is_some_and(|time| time > self.drain_timeout)
            {
                return Err(error);
            }
            let since = *full_since.get_or_insert_with(Instant::now);
            if since.elapsed() > STUCK_AFTER {
                self.counts.set_stuck(true);
            }
            // Reports make room. The client's own wait would spin in its last millisecond.
            if !self.producer.serve_reports() {
                thread::sleep(QUEUE_FULL_RETRY_INTERVAL);
            }
        }
    }

    /// Returns true if requests wait for messages in flight.
    pub(super) fn is_awaited(&self) -> bool {
        self.counts.is_mandatory() && self.in_flight() > 0
    }

    fn in_flight(&self) -> u64 {
        self.producer.stats().in_flight()
    }

    /// Serves the delivery reports that have arrived.
    pub(super) fn serve_reports(&self) {
        self.producer.serve_reports();
    }

    /// Waits for the messages in flight, at most the drain timeout.
    pub(super) fn flush(self) {
        let spent = self.counts.closed_for().unwrap_or_default();
        if self.producer.flush(self.drain_timeout.saturating_sub(spent)).is_err() {
            let in_flight = self.in_flight();
            tracing::warn!(
                kafka.in_flight = in_flight,
                "stopped before every prediction was delivered"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;
    use vitals_core::domain::prediction::{ByFeature, RiskLevel};

    use super::*;

    fn event(request_id: &str) -> PredictionEvent<'_> {
        PredictionEvent {
            request_id: request_id.into(),
            row: 0,
            timestamp: 1_763_812_800_123,
            model: "logistic".into(),
            model_version: "1".into(),
            role: Role::Served,
            inputs: ByFeature::from([1.0; 8]),
            not_measured: Vec::new(),
            probability: 0.5,
            prediction: 1,
            threshold: 0.5,
            risk_level: RiskLevel::Medium,
            log_odds: 0.0,
            base_value: 0.0,
            contributions: ByFeature::from([0.0; 8]),
            latency_us: 17,
            caller: None,
            traceparent: None,
            client_id: None,
        }
    }

    #[test]
    fn a_rejected_message_does_not_delay_the_next_one() {
        let cluster = MockCluster::new(1).unwrap();
        let mut kafka = KafkaSettings {
            bootstrap_servers: cluster.bootstrap_servers(),
            ..KafkaSettings::default()
        };
        cluster.create_topic(&kafka.topics.predictions, 1, 1).unwrap();
        kafka.properties.insert("message.max.bytes".to_owned(), "1000".to_owned());
        let counts = Arc::new(LogCounts::new(true, None));
        let callbacks = counts.callbacks().unwrap().clone();
        let settings = PredictionLogSettings::default();
        let mut publisher =
            Publisher::new(&kafka, &settings, callbacks, Arc::clone(&counts)).unwrap();
        publisher.publish(&event(&"too long".repeat(200)));
        publisher.publish(&event("short"));
        publisher.flush();
        let status = serde_json::to_value(counts.status(0)).unwrap();
        assert_eq!((&status["dropped"], &status["delivered"]), (&1.into(), &1.into()), "{status}");
    }
}
