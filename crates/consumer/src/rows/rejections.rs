//! The columns of rejected messages.

use std::sync::Arc;

use arrow::array::{BinaryBuilder, Int64Builder, StringBuilder};
use vitals_core::domain::rejection::Rejection;
use vitals_lake::schema;

use super::{
    kafka_columns::{KafkaColumns, NamedColumn},
    message::{KafkaMessage, MessagePosition, OffsetGap},
};

/// Builders of the columns of rejected messages and of offset gaps.
#[derive(Default)]
pub(super) struct Rejections {
    reason: StringBuilder,
    detail: StringBuilder,
    payload: BinaryBuilder,
    covers_to: Int64Builder,
    pub(super) kafka: KafkaColumns,
}

impl Rejections {
    pub(super) fn push(&mut self, rejection: &Rejection, message: &KafkaMessage<'_>) {
        self.reason.append_value(rejection.reason.code());
        self.detail.append_value(&rejection.detail);
        self.payload.append_option(message.payload);
        self.covers_to.append_null();
        self.kafka.push(message);
    }

    /// Adds one row for the offsets from `position` to `to`, exclusive.
    pub(super) fn push_gap(&mut self, position: MessagePosition, to: i64, gap: OffsetGap) {
        let first = position.offset;
        let last = to - 1;
        let (reason, detail) = match gap {
            OffsetGap::Lost => {
                (schema::LOST, format!("Kafka deleted the offsets {first} to {last}"))
            }
            OffsetGap::Unreadable => (
                schema::UNREADABLE,
                format!("The messages at the offsets {first} to {last} are damaged"),
            ),
            OffsetGap::NoMessage => (
                schema::NO_MESSAGE,
                format!("Kafka has no message at the offsets {first} to {last}"),
            ),
        };
        self.reason.append_value(reason);
        self.detail.append_value(detail);
        self.payload.append_null();
        self.covers_to.append_value(to);
        self.kafka.push_gap(position);
    }

    /// Adds the row of a message without a payload. It covers its own offset and is no rejection:
    /// on a compacted topic it deletes the messages of its key.
    pub(super) fn push_tombstone(&mut self, message: &KafkaMessage<'_>) {
        self.reason.append_value(schema::TOMBSTONE);
        self.detail.append_value("the message has a key only");
        self.payload.append_null();
        self.covers_to.append_value(message.position.offset + 1);
        self.kafka.push(message);
    }

    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let mut columns: Vec<NamedColumn> = vec![
            ("reject_reason", Arc::new(self.reason.finish())),
            ("reject_detail", Arc::new(self.detail.finish())),
            ("reject_payload", Arc::new(self.payload.finish())),
            (schema::COVERS_TO, Arc::new(self.covers_to.finish())),
        ];
        let kafka = self.kafka.finish();
        // A key can be large: both columns share one array.
        let key = kafka.iter().find(|(name, _)| *name == "kafka_key");
        columns.extend(key.map(|(_, key)| ("reject_key", Arc::clone(key))));
        columns.extend(kafka);
        columns
    }
}
