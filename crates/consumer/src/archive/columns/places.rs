//! Where the messages of the rows stand.

use std::sync::Arc;

use deltalake::arrow::array::{
    ArrayBuilder as _, Int32Builder, Int64Builder, TimestampMicrosecondBuilder,
};

use super::{Named, Place};

/// The columns of positions and of Kafka's times.
pub(super) struct Places {
    partition: Int32Builder,
    offset: Int64Builder,
    time: TimestampMicrosecondBuilder,
}

impl Default for Places {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl Places {
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            partition: Int32Builder::with_capacity(rows),
            offset: Int64Builder::with_capacity(rows),
            time: TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC"),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.offset.len()
    }

    pub(super) fn push(&mut self, place: Place) {
        self.partition.append_value(place.partition);
        self.offset.append_value(place.offset);
        self.time.append_value(place.time_ms * 1000);
    }

    pub(super) fn finish(&mut self) -> [Named; 3] {
        [
            ("kafka_partition", Arc::new(self.partition.finish())),
            ("kafka_offset", Arc::new(self.offset.finish())),
            ("kafka_time", Arc::new(self.time.finish())),
        ]
    }
}
