//! The columns of alerts.

use std::sync::Arc;

use arrow::array::{Float64Builder, StringBuilder, TimestampMicrosecondBuilder};
use vitals_core::domain::watch::AlertEvent;

use super::{
    kafka_columns::{KafkaColumns, NamedColumn},
    message::KafkaMessage,
    times::{microseconds, time_builder},
};

/// Builders of the columns of alerts.
pub(super) struct Alerts {
    patient_id: StringBuilder,
    alert_id: StringBuilder,
    occurrence_id: StringBuilder,
    time: TimestampMicrosecondBuilder,
    onset: TimestampMicrosecondBuilder,
    kind: StringBuilder,
    rule: StringBuilder,
    priority: StringBuilder,
    value: Float64Builder,
    limit: Float64Builder,
    text: StringBuilder,
    device_id: StringBuilder,
    ward: StringBuilder,
    bed: StringBuilder,
    by: StringBuilder,
    silenced_until: TimestampMicrosecondBuilder,
    note: StringBuilder,
    pub(super) kafka: KafkaColumns,
}

impl Alerts {
    pub(super) fn new() -> Self {
        Self {
            patient_id: StringBuilder::new(),
            alert_id: StringBuilder::new(),
            occurrence_id: StringBuilder::new(),
            time: time_builder(),
            onset: time_builder(),
            kind: StringBuilder::new(),
            rule: StringBuilder::new(),
            priority: StringBuilder::new(),
            value: Float64Builder::new(),
            limit: Float64Builder::new(),
            text: StringBuilder::new(),
            device_id: StringBuilder::new(),
            ward: StringBuilder::new(),
            bed: StringBuilder::new(),
            by: StringBuilder::new(),
            silenced_until: time_builder(),
            note: StringBuilder::new(),
            kafka: KafkaColumns::default(),
        }
    }

    pub(super) fn push(&mut self, event: &AlertEvent, message: &KafkaMessage<'_>) {
        self.patient_id.append_value(&event.patient_id);
        self.alert_id.append_value(&event.id);
        self.occurrence_id.append_value(&event.occurrence_id);
        self.time.append_value(microseconds(event.at_ms));
        self.onset.append_value(microseconds(event.onset_ms));
        self.kind.append_value(event.kind.name());
        self.rule.append_value(event.rule.to_string());
        self.priority.append_value(event.priority.name());
        self.value.append_option(event.value);
        self.limit.append_option(event.limit);
        self.text.append_value(&event.text);
        self.device_id.append_option(event.device_id.as_deref());
        self.ward.append_option(event.ward.as_deref());
        self.bed.append_option(event.bed.as_deref());
        self.by.append_option(event.by.as_deref());
        self.silenced_until.append_option(event.silenced_until_ms.map(microseconds));
        self.note.append_option(event.note.as_deref());
        self.kafka.push(message);
    }

    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let mut columns: Vec<NamedColumn> = vec![
            ("patient_id", Arc::new(self.patient_id.finish())),
            ("alert_id", Arc::new(self.alert_id.finish())),
            ("occurrence_id", Arc::new(self.occurrence_id.finish())),
            ("time", Arc::new(self.time.finish())),
            ("onset", Arc::new(self.onset.finish())),
            ("kind", Arc::new(self.kind.finish())),
            ("rule", Arc::new(self.rule.finish())),
            ("priority", Arc::new(self.priority.finish())),
            ("value", Arc::new(self.value.finish())),
            // LIMIT and BY are keywords of SQL: the columns have other names than the fields.
            ("limit_value", Arc::new(self.limit.finish())),
            ("text", Arc::new(self.text.finish())),
            ("device_id", Arc::new(self.device_id.finish())),
            ("ward", Arc::new(self.ward.finish())),
            ("bed", Arc::new(self.bed.finish())),
            ("acted_by", Arc::new(self.by.finish())),
            ("silenced_until", Arc::new(self.silenced_until.finish())),
            ("note", Arc::new(self.note.finish())),
        ];
        columns.extend(self.kafka.finish());
        columns
    }
}
