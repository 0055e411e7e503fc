//! The columns of a row's position in Kafka.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, TimestampMicrosecondArray};

use super::message::MessagePosition;

/// A column with its name.
pub(super) type NamedColumn = (&'static str, ArrayRef);

/// The columns of partition, offset and broker timestamp.
#[derive(Default)]
pub(super) struct KafkaColumns {
    partition: Vec<i32>,
    offset: Vec<i64>,
    time_us: Vec<i64>,
}

impl KafkaColumns {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            partition: Vec::with_capacity(rows),
            offset: Vec::with_capacity(rows),
            time_us: Vec::with_capacity(rows),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.offset.len()
    }

    pub(super) fn push(&mut self, position: MessagePosition) {
        self.partition.push(position.partition);
        self.offset.push(position.offset);
        self.time_us.push(position.time_ms * 1000);
    }

    /// Takes the columns, and leaves none.
    pub(super) fn finish(&mut self) -> [NamedColumn; 3] {
        let Self { partition, offset, time_us } = std::mem::take(self);
        let time = TimestampMicrosecondArray::from(time_us).with_timezone("UTC");
        [
            ("kafka_partition", Arc::new(Int32Array::from(partition))),
            ("kafka_offset", Arc::new(Int64Array::from(offset))),
            ("kafka_time", Arc::new(time)),
        ]
    }
}
