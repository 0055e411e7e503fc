//! The columns of the activity on the dashboard.

use std::sync::Arc;

use arrow::array::{StringBuilder, TimestampMicrosecondBuilder};
use vitals_core::domain::activity::ActivityEvent;

use super::{
    kafka_columns::{KafkaColumns, NamedColumn},
    message::KafkaMessage,
    times::{microseconds, time_builder},
};

/// Builders of the columns of activity events.
pub(super) struct ActivityEvents {
    event_id: StringBuilder,
    time: TimestampMicrosecondBuilder,
    user: StringBuilder,
    address: StringBuilder,
    user_agent: StringBuilder,
    action: StringBuilder,
    view: StringBuilder,
    patient_id: StringBuilder,
    ward: StringBuilder,
    range_from: TimestampMicrosecondBuilder,
    range_to: TimestampMicrosecondBuilder,
    request_id: StringBuilder,
    pub(super) kafka: KafkaColumns,
}

impl ActivityEvents {
    pub(super) fn new() -> Self {
        Self {
            event_id: StringBuilder::new(),
            time: time_builder(),
            user: StringBuilder::new(),
            address: StringBuilder::new(),
            user_agent: StringBuilder::new(),
            action: StringBuilder::new(),
            view: StringBuilder::new(),
            patient_id: StringBuilder::new(),
            ward: StringBuilder::new(),
            range_from: time_builder(),
            range_to: time_builder(),
            request_id: StringBuilder::new(),
            kafka: KafkaColumns::default(),
        }
    }

    pub(super) fn push(&mut self, event: &ActivityEvent, message: &KafkaMessage<'_>) {
        self.event_id.append_value(&event.event_id);
        self.time.append_value(microseconds(event.time));
        self.user.append_option(event.user.as_deref());
        self.address.append_value(event.address.to_string());
        self.user_agent.append_option(event.user_agent.as_deref());
        self.action.append_value(event.action.name());
        self.view.append_value(event.view.name());
        self.patient_id.append_option(event.patient_id.as_deref());
        self.ward.append_option(event.ward.as_deref());
        self.range_from.append_option(event.from.map(microseconds));
        self.range_to.append_option(event.to.map(microseconds));
        self.request_id.append_option(event.request_id.as_deref());
        self.kafka.push(message);
    }

    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let mut columns: Vec<NamedColumn> = vec![
            ("event_id", Arc::new(self.event_id.finish())),
            ("time", Arc::new(self.time.finish())),
            ("user", Arc::new(self.user.finish())),
            ("address", Arc::new(self.address.finish())),
            ("user_agent", Arc::new(self.user_agent.finish())),
            ("action", Arc::new(self.action.finish())),
            ("view", Arc::new(self.view.finish())),
            ("patient_id", Arc::new(self.patient_id.finish())),
            ("ward", Arc::new(self.ward.finish())),
            ("range_from", Arc::new(self.range_from.finish())),
            ("range_to", Arc::new(self.range_to.finish())),
            ("request_id", Arc::new(self.request_id.finish())),
        ];
        columns.extend(self.kafka.finish());
        columns
    }
}
