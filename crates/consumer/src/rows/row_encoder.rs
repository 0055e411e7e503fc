//! Messages to the columns of data files.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{
        Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray, StringBuilder, new_null_array,
    },
    datatypes::{Int32Type, SchemaRef},
    error::ArrowError,
};
use vitals_core::domain::{
    decode::{FieldOrder, TimeLimits, decode_next},
    prediction,
    rejection::Rejection,
};

use super::{
    kafka_columns::KafkaColumns, predictions::Predictions, readings::Readings,
    rejections::Rejections,
};
use crate::{archive::batch::model::EncoderInput, feed::Feed};

/// Where a message stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessagePosition {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) time_ms: i64,
}

/// What a message carries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
}

/// Why a row stands for offsets instead of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OffsetGap {
    /// Kafka had deleted them before they were read.
    Lost,
    /// There is nothing to be read: marks of transactions, messages of one that was aborted, or
    /// what a compacted topic has left out.
    NoMessage,
}

/// A column's name with its values.
pub(super) type Named = (&'static str, ArrayRef);

/// The columns of what the topic is for, and those of rejected messages.
pub(crate) struct RowEncoder {
    schema: SchemaRef,
    times: TimeLimits,
    /// Of the fields in the last reading.
    order: FieldOrder,
    /// The log that each partition belongs to, see `vitals_lake::position`.
    pub(crate) logs: HashMap<i32, String>,
    kept: Kept,
    rejections: Rejections,
}

#[expect(clippy::large_enum_variant, reason = "there is one per thread")]
enum Kept {
    Readings(Readings),
    Predictions(Predictions),
}

impl RowEncoder {
    pub(crate) fn new(feed: Feed, times: TimeLimits) -> Self {
        Self {
            schema: feed.table().file_schema(),
            times,
            order: FieldOrder::default(),
            logs: HashMap::new(),
            kept: match feed {
                Feed::Vitals => Kept::Readings(Readings::with_capacity(0)),
                Feed::Predictions => Kept::Predictions(Predictions::new()),
            },
            rejections: Rejections::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.kafka().len() + self.rejections.kafka.len()
    }

    /// Decodes a message into a row, or into one that says why it is rejected. How many of its
    /// fields were not known, and ignored.
    pub(crate) fn push(
        &mut self,
        place: MessagePosition,
        message: Message<'_>,
    ) -> Result<u32, Rejection> {
        let payload = message.payload.unwrap_or_default();
        let rejection = match &mut self.kept {
            Kept::Readings(readings) => {
                match decode_next(&mut self.order, payload, place.time_ms, self.times) {
                    Ok(decoded) => {
                        readings.push(&decoded, place);
                        return Ok(decoded.unknown_fields);
                    }
                    Err(rejection) => rejection,
                }
            }
            Kept::Predictions(predictions) => match prediction::decode(payload) {
                Ok(event) => {
                    predictions.push(&event, place);
                    return Ok(0);
                }
                Err(rejection) => rejection,
            },
        };
        self.rejections.push(&rejection, message, place);
        Err(rejection)
    }

    /// One row for the offsets from `place` up to, not including, `to`.
    pub(crate) fn push_gap(&mut self, place: MessagePosition, to: i64, why: OffsetGap) {
        self.rejections.push_gap(place, to, why);
    }

    /// The rows so far, leaving none.
    pub(crate) fn take(&mut self) -> Result<Vec<EncoderInput>, ArrowError> {
        let mut pieces = Vec::new();
        if self.kept.kafka().len() > 0 {
            let columns = self.kept.finish();
            let rows = self.rows(&columns)?;
            pieces.push(EncoderInput::Rows { rejected: false, rows });
        }
        if self.rejections.kafka.len() > 0 {
            let columns = self.rejections.finish();
            let rows = self.rows(&columns)?;
            pieces.push(EncoderInput::Rows { rejected: true, rows });
        }
        Ok(pieces)
    }

    /// Rows with `columns`; columns that are not among them are null.
    fn rows(&self, columns: &[Named]) -> Result<RecordBatch, ArrowError> {
        let count = columns.first().map_or(0, |(_, array)| array.len());
        let logs: ArrayRef = Arc::new(self.logs_of(columns));
        let arrays = self.schema.fields().iter().map(|field| {
            let column = columns.iter().find(|(name, _)| name == field.name());
            match column {
                Some((_, array)) => Arc::clone(array),
                None if field.name() == "kafka_cluster" => Arc::clone(&logs),
                None => new_null_array(field.data_type(), count),
            }
        });
        RecordBatch::try_new(Arc::clone(&self.schema), arrays.collect())
    }

    /// The log of every row, by its partition.
    fn logs_of(&self, columns: &[Named]) -> StringArray {
        let partitions = columns.iter().find(|(name, _)| *name == "kafka_partition");
        let partitions = partitions.and_then(|(_, array)| array.as_primitive_opt::<Int32Type>());
        let partitions = partitions.map_or(&[][..], |partitions| partitions.values());
        let mut logs = StringBuilder::with_capacity(partitions.len(), 0);
        // Messages come in runs of a partition.
        for run in partitions.chunk_by(|a, b| a == b) {
            let log = run.first().and_then(|partition| self.logs.get(partition));
            let log = log.map_or("", String::as_str);
            run.iter().for_each(|_| logs.append_value(log));
        }
        logs.finish()
    }
}

impl Kept {
    fn kafka(&self) -> &KafkaColumns {
        match self {
            Self::Readings(readings) => &readings.kafka,
            Self::Predictions(predictions) => &predictions.kafka,
        }
    }

    fn finish(&mut self) -> Vec<Named> {
        match self {
            Self::Readings(readings) => readings.finish(),
            Self::Predictions(predictions) => predictions.finish(),
        }
    }
}
