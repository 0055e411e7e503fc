//! The columns of rejected messages.

use std::sync::Arc;

use arrow::array::{BinaryBuilder, Int64Builder, StringBuilder};
use vitals_core::domain::rejection::Rejection;
use vitals_lake::schema;

use super::{
    kafka_columns::KafkaColumns,
    row_encoder::{Message, MessagePosition, Named, OffsetGap},
};

#[derive(Default)]
pub(super) struct Rejections {
    reason: StringBuilder,
    detail: StringBuilder,
    key: BinaryBuilder,
    payload: BinaryBuilder,
    covers_to: Int64Builder,
    pub(super) kafka: KafkaColumns,
}

impl Rejections {
    pub(super) fn push(
        &mut self,
        rejection: &Rejection,
        message: Message<'_>,
        place: MessagePosition,
    ) {
        let Message { key, payload } = message;
        self.reason.append_value(rejection.reason.code());
        self.detail.append_value(&rejection.detail);
        self.key.append_option(key);
        self.payload.append_option(payload);
        self.covers_to.append_null();
        self.kafka.push(place);
    }

    /// Stands for the offsets from `place` up to, not including, `to`.
    pub(super) fn push_gap(&mut self, place: MessagePosition, to: i64, why: OffsetGap) {
        let (from, last) = (place.offset, to - 1);
        let (reason, detail) = match why {
            OffsetGap::Lost => {
                (schema::LOST, format!("Kafka had deleted the offsets {from} to {last}"))
            }
            OffsetGap::NoMessage => (
                schema::NO_MESSAGE,
                format!("Kafka has no message at the offsets {from} to {last}"),
            ),
        };
        self.reason.append_value(reason);
        self.detail.append_value(detail);
        self.key.append_null();
        self.payload.append_null();
        self.covers_to.append_value(to);
        self.kafka.push(place);
    }

    pub(super) fn finish(&mut self) -> Vec<Named> {
        let mut columns: Vec<Named> = vec![
            ("reject_reason", Arc::new(self.reason.finish())),
            ("reject_detail", Arc::new(self.detail.finish())),
            ("reject_key", Arc::new(self.key.finish())),
            ("reject_payload", Arc::new(self.payload.finish())),
            (schema::COVERS_TO, Arc::new(self.covers_to.finish())),
        ];
        columns.extend(self.kafka.finish());
        columns
    }
}
