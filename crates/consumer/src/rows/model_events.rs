//! The columns of model events.

use std::sync::Arc;

use arrow::array::{StringBuilder, TimestampMicrosecondBuilder};
use vitals_core::domain::model_event::ModelEvent;

use super::{
    kafka_columns::{KafkaColumns, NamedColumn},
    message::KafkaMessage,
    times::{microseconds, time_builder},
};

/// Builders of the columns of model events.
pub(super) struct ModelEvents {
    event_id: StringBuilder,
    time: TimestampMicrosecondBuilder,
    step: StringBuilder,
    model: StringBuilder,
    model_version: StringBuilder,
    digest: StringBuilder,
    previous: StringBuilder,
    who: StringBuilder,
    why: StringBuilder,
    pub(super) kafka: KafkaColumns,
}

impl ModelEvents {
    pub(super) fn new() -> Self {
        Self {
            event_id: StringBuilder::new(),
            time: time_builder(),
            step: StringBuilder::new(),
            model: StringBuilder::new(),
            model_version: StringBuilder::new(),
            digest: StringBuilder::new(),
            previous: StringBuilder::new(),
            who: StringBuilder::new(),
            why: StringBuilder::new(),
            kafka: KafkaColumns::default(),
        }
    }

    pub(super) fn push(&mut self, event: &ModelEvent, message: &KafkaMessage<'_>) {
        self.event_id.append_value(&event.event_id);
        self.time.append_value(microseconds(event.time));
        self.step.append_value(event.step.name());
        self.model.append_value(&event.model);
        self.model_version.append_value(&event.model_version);
        self.digest.append_value(&event.digest);
        self.previous.append_option(event.previous.as_deref());
        self.who.append_value(&event.who);
        self.why.append_value(&event.why);
        self.kafka.push(message);
    }

    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let mut columns: Vec<NamedColumn> = vec![
            ("event_id", Arc::new(self.event_id.finish())),
            ("time", Arc::new(self.time.finish())),
            ("step", Arc::new(self.step.finish())),
            ("model", Arc::new(self.model.finish())),
            ("model_version", Arc::new(self.model_version.finish())),
            ("digest", Arc::new(self.digest.finish())),
            ("previous", Arc::new(self.previous.finish())),
            ("who", Arc::new(self.who.finish())),
            ("why", Arc::new(self.why.finish())),
        ];
        columns.extend(self.kafka.finish());
        columns
    }
}
