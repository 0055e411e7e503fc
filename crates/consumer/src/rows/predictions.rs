//! The columns of predictions.

use std::sync::Arc;

use arrow::array::{
    Float64Builder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use vitals_core::domain::{
    features::{FEATURE_COUNT, FEATURES},
    prediction::PredictionEvent,
};
use vitals_lake::schema::CONTRIBUTIONS;

use super::{
    kafka_columns::{KafkaColumns, NamedColumn},
    message::KafkaMessage,
    times::{microseconds, time_builder},
};

type Floats = [Float64Builder; FEATURE_COUNT];

/// Builders of the columns of predictions.
pub(super) struct Predictions {
    request_id: StringBuilder,
    request_row: Int32Builder,
    time: TimestampMicrosecondBuilder,
    model: StringBuilder,
    model_version: StringBuilder,
    role: StringBuilder,
    inputs: Floats,
    probability: Float64Builder,
    prediction: Int32Builder,
    threshold: Float64Builder,
    risk_level: StringBuilder,
    log_odds: Float64Builder,
    base_value: Float64Builder,
    contributions: Floats,
    latency_us: Int64Builder,
    caller: StringBuilder,
    traceparent: StringBuilder,
    client_id: StringBuilder,
    pub(super) kafka: KafkaColumns,
}

impl Predictions {
    pub(super) fn new() -> Self {
        Self {
            request_id: StringBuilder::new(),
            request_row: Int32Builder::new(),
            time: time_builder(),
            model: StringBuilder::new(),
            model_version: StringBuilder::new(),
            role: StringBuilder::new(),
            inputs: std::array::from_fn(|_| Float64Builder::new()),
            probability: Float64Builder::new(),
            prediction: Int32Builder::new(),
            threshold: Float64Builder::new(),
            risk_level: StringBuilder::new(),
            log_odds: Float64Builder::new(),
            base_value: Float64Builder::new(),
            contributions: std::array::from_fn(|_| Float64Builder::new()),
            latency_us: Int64Builder::new(),
            caller: StringBuilder::new(),
            traceparent: StringBuilder::new(),
            client_id: StringBuilder::new(),
            kafka: KafkaColumns::default(),
        }
    }

    pub(super) fn push(&mut self, event: &PredictionEvent<'_>, message: &KafkaMessage<'_>) {
        self.request_id.append_value(&event.request_id);
        self.request_row.append_value(i32::try_from(event.row).unwrap_or(i32::MAX));
        self.time.append_value(microseconds(event.timestamp));
        self.model.append_value(&event.model);
        self.model_version.append_value(&event.model_version);
        self.role.append_value(event.role.name());
        let inputs = FEATURES.iter().zip(event.inputs.to_array());
        for (builder, (feature, value)) in self.inputs.iter_mut().zip(inputs) {
            // The event carries the imputed value of a feature that was not measured; its row is null.
            let measured = event.not_measured.iter().all(|name| name != feature.name);
            builder.append_option(measured.then_some(value));
        }
        self.probability.append_value(event.probability);
        self.prediction.append_value(i32::from(event.prediction));
        self.threshold.append_value(event.threshold);
        self.risk_level.append_value(event.risk_level.name());
        self.log_odds.append_value(event.log_odds);
        self.base_value.append_value(event.base_value);
        for (builder, value) in self.contributions.iter_mut().zip(event.contributions.to_array()) {
            builder.append_value(value);
        }
        self.latency_us.append_value(i64::from(event.latency_us));
        self.caller.append_option(event.caller.as_deref());
        self.traceparent.append_option(event.traceparent.as_deref());
        self.client_id.append_option(event.client_id.as_deref());
        self.kafka.push(message);
    }

    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let mut columns: Vec<NamedColumn> = vec![
            ("request_id", Arc::new(self.request_id.finish())),
            ("request_row", Arc::new(self.request_row.finish())),
            ("time", Arc::new(self.time.finish())),
            ("model", Arc::new(self.model.finish())),
            ("model_version", Arc::new(self.model_version.finish())),
            ("role", Arc::new(self.role.finish())),
            ("probability", Arc::new(self.probability.finish())),
            ("prediction", Arc::new(self.prediction.finish())),
            ("threshold", Arc::new(self.threshold.finish())),
            ("risk_level", Arc::new(self.risk_level.finish())),
            ("log_odds", Arc::new(self.log_odds.finish())),
            ("base_value", Arc::new(self.base_value.finish())),
            ("latency_us", Arc::new(self.latency_us.finish())),
            ("caller", Arc::new(self.caller.finish())),
            ("traceparent", Arc::new(self.traceparent.finish())),
            ("client_id", Arc::new(self.client_id.finish())),
        ];
        for (builder, feature) in self.inputs.iter_mut().zip(&FEATURES) {
            columns.push((feature.name, Arc::new(builder.finish())));
        }
        for (builder, name) in self.contributions.iter_mut().zip(CONTRIBUTIONS) {
            columns.push((name, Arc::new(builder.finish())));
        }
        columns.extend(self.kafka.finish());
        columns
    }
}
