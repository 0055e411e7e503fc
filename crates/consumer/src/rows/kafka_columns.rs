//! The columns of a row's message in Kafka: position, timestamp, key, headers.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, Int32Array, Int64Array, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};

use super::{
    message::{KafkaMessage, MessageHeader, MessagePosition},
    struct_lists::StructLists,
    times::microseconds,
};

/// A column with its name.
pub(super) type NamedColumn = (&'static str, ArrayRef);

/// Approximate length of a key, in bytes.
const KEY_BYTES: usize = 8;

/// Builders of the columns of position, timestamp, key and headers.
#[derive(Default)]
pub(super) struct KafkaColumns {
    partition: Vec<i32>,
    offset: Vec<i64>,
    time_us: Vec<i64>,
    time_type: Vec<&'static str>,
    key: BinaryBuilder,
    headers: StructLists<MessageHeader<'static>>,
}

impl KafkaColumns {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            partition: Vec::with_capacity(rows),
            offset: Vec::with_capacity(rows),
            time_us: Vec::with_capacity(rows),
            time_type: Vec::with_capacity(rows),
            key: BinaryBuilder::with_capacity(rows, rows * KEY_BYTES),
            headers: StructLists::default(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.offset.len()
    }

    pub(super) fn push(&mut self, message: &KafkaMessage<'_>) {
        let headers = message.headers.iter().cloned().map(MessageHeader::into_owned);
        self.headers.push(self.offset.len(), headers);
        self.push_position(message.position);
        self.key.append_option(message.key);
    }

    /// Adds a row without a message.
    pub(super) fn push_gap(&mut self, position: MessagePosition) {
        self.push_position(position);
        self.key.append_null();
    }

    fn push_position(&mut self, position: MessagePosition) {
        self.partition.push(position.partition);
        self.offset.push(position.offset);
        // A time that readers of the lake can't represent would keep them from reading the file.
        self.time_us.push(microseconds(position.time_ms));
        self.time_type.push(position.time_type_name());
    }

    /// Takes the columns, and leaves none. Headers are left out if no message has any.
    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let Self { partition, offset, time_us, time_type, mut key, headers } = std::mem::take(self);
        let rows = offset.len();
        let time = TimestampMicrosecondArray::from(time_us).with_timezone("UTC");
        let mut columns: Vec<NamedColumn> = vec![
            ("kafka_partition", Arc::new(Int32Array::from(partition))),
            ("kafka_offset", Arc::new(Int64Array::from(offset))),
            ("kafka_time", Arc::new(time)),
            ("kafka_time_type", Arc::new(StringArray::from(time_type))),
            ("kafka_key", Arc::new(key.finish())),
        ];
        columns.extend(headers.finish(rows, header_columns).map(|it| ("kafka_headers", it)));
        columns
    }
}

fn header_columns(headers: &[MessageHeader<'static>]) -> Vec<NamedColumn> {
    let mut key = StringBuilder::new();
    let mut value = BinaryBuilder::new();
    for header in headers {
        key.append_value(&header.key);
        value.append_option(header.value.as_deref());
    }
    vec![("key", Arc::new(key.finish())), ("value", Arc::new(value.finish()))]
}
