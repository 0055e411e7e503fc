//! Where the messages of the rows stand.

use std::sync::Arc;

use arrow::array::{Int32Array, Int64Array, TimestampMicrosecondArray};

use super::row_encoder::{MessagePosition, Named};

/// The columns of positions and of Kafka's times.
#[derive(Default)]
pub(super) struct KafkaColumns {
    partition: Vec<i32>,
    offset: Vec<i64>,
    time: Vec<i64>,
}

impl KafkaColumns {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            partition: Vec::with_capacity(rows),
            offset: Vec::with_capacity(rows),
            time: Vec::with_capacity(rows),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.offset.len()
    }

    pub(super) fn push(&mut self, place: MessagePosition) {
        self.partition.push(place.partition);
        self.offset.push(place.offset);
        self.time.push(place.time_ms * 1000);
    }

    /// The columns, leaving none.
    pub(super) fn finish(&mut self) -> [Named; 3] {
        let Self { partition, offset, time } = std::mem::take(self);
        let time = TimestampMicrosecondArray::from(time).with_timezone("UTC");
        [
            ("kafka_partition", Arc::new(Int32Array::from(partition))),
            ("kafka_offset", Arc::new(Int64Array::from(offset))),
            ("kafka_time", Arc::new(time)),
        ]
    }
}
