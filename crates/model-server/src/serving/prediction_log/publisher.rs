//! Predictions to Kafka, by librdkafka's own queue and threads.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext},
};
use uuid::Uuid;
use vitals_core::{
    domain::{
        features::Features,
        prediction::{ByFeature, PredictionEvent, RiskLevel, Role, encode},
    },
    runtime::{
        config::{KafkaSettings, PredictionLogSettings},
        kafka::prediction_log_config,
    },
};

use crate::{SERVICE, pipeline::Prediction, serving::LoadedModel};

use super::{ServedRequest, delivery_stats::DeliveryStats, shadow::Compared};

/// How long room in the client's queue is waited for while the broker takes messages. Answers
/// gather in the buffer meanwhile, which drops what it has no room for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Time between two looks for room.
const LOOK: Duration = Duration::from_millis(2);

/// Writes events.
pub(super) struct Publisher {
    producer: BaseProducer<Deliveries>,
    topic: String,
    stats: Arc<DeliveryStats>,
    drain: Duration,
    /// So many messages were in the client's queue when the last one found no room in time. Until
    /// there are fewer, the next ones don't wait for it, and are not even written.
    stuck_at: Option<u64>,
    json: Vec<u8>,
}

struct Deliveries(Arc<DeliveryStats>);

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        let away = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if away && self.0.broker(false) {
            tracing::warn!(%error, reason, "predictions wait for the broker");
        }
    }

    /// What matters of it comes as an error or a delivery; the rest would repeat every second.
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => self.0.delivered(),
            Err((error, _)) => {
                self.0.failed();
                tracing::debug!(%error, "a prediction was not taken");
            }
        }
    }
}

impl Publisher {
    pub(super) fn new(
        kafka: &KafkaSettings,
        settings: &PredictionLogSettings,
        stats: Arc<DeliveryStats>,
    ) -> anyhow::Result<Self> {
        let config = prediction_log_config(kafka, settings, SERVICE);
        let producer = config
            .create_with_context(Deliveries(Arc::clone(&stats)))
            .context("Kafka client of the prediction log (setting kafka.properties?)")?;
        let drain = Duration::from_millis(settings.drain_timeout_ms);
        let topic = kafka.topics.predictions.clone();
        Ok(Self { producer, topic, stats, drain, stuck_at: None, json: Vec::with_capacity(1024) })
    }

    pub(super) fn served(
        &mut self,
        request: &ServedRequest,
        row: u32,
        features: &Features,
        prediction: &Prediction,
    ) {
        let mut buffer = Uuid::encode_buffer();
        let id = &*request.request_id.hyphenated().encode_lower(&mut buffer);
        self.send(&event(id, request, &request.model, row, features, prediction));
    }

    pub(super) fn shadow(
        &mut self,
        request: &ServedRequest,
        shadow: &LoadedModel,
        row: u32,
        features: &Features,
        compared: &Compared,
    ) {
        let mut buffer = Uuid::encode_buffer();
        let id = &*request.request_id.hyphenated().encode_lower(&mut buffer);
        let event = event(id, request, shadow, row, features, &compared.prediction);
        let latency_us = compared.latency_us;
        self.send(&PredictionEvent { role: Role::Shadow, latency_us, ..event });
    }

    fn send(&mut self, event: &PredictionEvent<'_>) {
        if self.stuck_at.is_some_and(|full| self.stats.in_queue() >= full) {
            self.stats.dropped(1);
            return;
        }
        self.json.clear();
        if let Err(error) = encode(event, &mut self.json) {
            tracing::error!(%error, "can't write a prediction for the log");
            return;
        }
        // Counted before it is sent: the delivery may be reported at once.
        self.stats.queued();
        let sent = self.send_when_there_is_room(&event.request_id);
        if let Err(error) = &sent {
            self.stats.refused();
            tracing::debug!(%error, "a prediction was dropped");
        }
        // Any other refusal is of this message alone; and an empty queue would never get shorter.
        let full = sent.is_err_and(|error| is_full(&error));
        self.stuck_at = full.then(|| self.stats.in_queue()).filter(|waiting| *waiting > 0);
    }

    /// Sends the message; gives up when no room comes of waiting.
    fn send_when_there_is_room(&self, key: &str) -> Result<(), KafkaError> {
        let mut record = BaseRecord::to(&self.topic).key(key).payload(&self.json);
        let mut refused_since = None;
        loop {
            let (error, back) = match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err(refused) => refused,
            };
            let waits = is_full(&error) && self.stuck_at.is_none() && self.stats.broker_is_up();
            // The clock is not asked for the many that find room.
            let since = *refused_since.get_or_insert_with(Instant::now);
            if !waits || since.elapsed() > PATIENCE {
                return Err(error);
            }
            self.producer.poll(LOOK);
            record = back;
        }
    }

    /// Hears of deliveries.
    pub(super) fn poll(&self) {
        self.producer.poll(Duration::ZERO);
    }

    /// Waits for what is on its way.
    pub(super) fn finish(self) {
        if self.producer.flush(self.drain).is_err() {
            let waiting = self.producer.in_flight_count();
            tracing::warn!(waiting, "predictions were not delivered before the end");
        }
    }
}

/// Whether the client's queue has no room.
fn is_full(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull)
}

fn event<'a>(
    request_id: &'a str,
    request: &ServedRequest,
    model: &'a LoadedModel,
    row: u32,
    features: &Features,
    prediction: &Prediction,
) -> PredictionEvent<'a> {
    let threshold = model.saved.manifest.threshold;
    PredictionEvent {
        request_id: request_id.into(),
        row,
        timestamp: request.timestamp_ms,
        model: model.id.name().into(),
        model_version: model.id.version().into(),
        role: Role::Served,
        inputs: ByFeature::from(features.raw()),
        not_measured: features.not_measured().map(Into::into).collect(),
        probability: prediction.probability,
        prediction: u8::from(prediction.probability >= threshold),
        threshold,
        risk_level: RiskLevel::of(prediction.probability),
        log_odds: prediction.log_odds,
        base_value: prediction.base_value,
        contributions: ByFeature::from(prediction.contributions),
        latency_us: request.latency_us,
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;

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
        }
    }

    #[test]
    fn a_message_that_is_refused_holds_up_no_other() {
        let cluster = MockCluster::new(1).unwrap();
        let mut kafka = KafkaSettings {
            bootstrap_servers: cluster.bootstrap_servers(),
            ..KafkaSettings::default()
        };
        cluster.create_topic(&kafka.topics.predictions, 1, 1).unwrap();
        kafka.properties.insert("message.max.bytes".to_owned(), "1000".to_owned());
        let stats = Arc::new(DeliveryStats::new(true));
        let settings = PredictionLogSettings::default();
        let mut publisher = Publisher::new(&kafka, &settings, Arc::clone(&stats)).unwrap();
        publisher.send(&event(&"too long".repeat(200)));
        publisher.send(&event("short"));
        publisher.finish();
        let status = serde_json::to_value(stats.status(0)).unwrap();
        assert_eq!((&status["dropped"], &status["delivered"]), (&1.into(), &1.into()), "{status}");
    }
}
