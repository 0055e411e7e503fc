//! The columns of a row's message in Kafka: position, timestamp, key, headers.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, Int32Array, Int64Array, StringBuilder, TimestampMicrosecondArray,
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
    /// The names of the time type, each with its number of consecutive rows: nearly always one.
    time_types: Vec<(&'static str, usize)>,
    key: BinaryBuilder,
    headers: StructLists<MessageHeader<'static>>,
}

impl KafkaColumns {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            partition: Vec::with_capacity(rows),
            offset: Vec::with_capacity(rows),
            time_us: Vec::with_capacity(rows),
            time_types: Vec::new(),
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
        let name = position.time_type_name();
        match self.time_types.last_mut() {
            Some((last, rows)) if *last == name => *rows += 1,
            _ => self.time_types.push((name, 1)),
        }
    }

    /// Takes the columns, and leaves none. Headers are left out if no message has any.
    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        let Self { partition, offset, time_us, time_types, mut key, headers } =
            std::mem::take(self);
        let rows = offset.len();
        let time = TimestampMicrosecondArray::from(time_us).with_timezone("UTC");
        let mut time_type = StringBuilder::with_capacity(rows, 0);
        for (name, rows) in time_types {
            time_type.append_value_n(name, rows);
        }
        let mut columns: Vec<NamedColumn> = vec![
            ("kafka_partition", Arc::new(Int32Array::from(partition))),
            ("kafka_offset", Arc::new(Int64Array::from(offset))),
            ("kafka_time", Arc::new(time)),
            ("kafka_time_type", Arc::new(time_type.finish())),
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

#[cfg(test)]
mod tests {
    use arrow::array::{Array as _, AsArray as _};

    use super::*;
    use crate::rows::message::TimeType;

    #[test]
    fn each_row_has_the_time_type_of_its_message() {
        let mut columns = KafkaColumns::default();
        let types = [TimeType::Create, TimeType::Create, TimeType::LogAppend, TimeType::Create];
        for time_type in types {
            let time_ms = 1_763_812_800_123;
            columns.push_gap(MessagePosition { partition: 0, offset: 7, time_ms, time_type });
        }
        let columns = columns.finish();
        let (_, names) = columns.iter().find(|(name, _)| *name == "kafka_time_type").unwrap();
        let names: Vec<_> = names.as_string::<i32>().iter().map(Option::unwrap).collect();
        assert_eq!(names, ["create", "create", "log_append", "create"]);
        assert!(columns.iter().all(|(_, column)| column.len() == types.len()));
    }
}
