//! Messages to Arrow rows of a table.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{
        Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray, StringBuilder, new_null_array,
    },
    datatypes::{Int32Type, SchemaRef},
    error::ArrowError,
};
use vitals_core::domain::{
    activity,
    decode::{DecodeOptions, decode},
    log_id::LogId,
    model_event, patient_context, prediction,
    rejection::Rejection,
    watch,
};

use super::{
    activity_events::ActivityEvents,
    alerts::Alerts,
    field_counts::{FieldCounter, FieldCounts},
    kafka_columns::{KafkaColumns, NamedColumn},
    message::{KafkaMessage, MessagePosition, OffsetGap},
    model_events::ModelEvents,
    patient_contexts::PatientContexts,
    predictions::Predictions,
    readings::Readings,
    rejections::Rejections,
};
use crate::feed::Feed;

/// Rows with all columns of a data file.
#[derive(Debug)]
pub(crate) struct EncodedRows {
    /// Value of the table's partition column.
    pub(crate) rejected: bool,
    pub(crate) rows: RecordBatch,
}

/// Decodes messages into rows: one builder for valid messages, one for rejected messages.
pub(crate) struct RowEncoder {
    schema: SchemaRef,
    options: DecodeOptions,
    /// The log of each partition.
    logs: HashMap<i32, LogId>,
    valid: ValidRows,
    rejections: Rejections,
    fields: FieldCounter,
}

#[expect(clippy::large_enum_variant, reason = "there is one per thread")]
enum ValidRows {
    Readings(Readings),
    Predictions(Predictions),
    PatientContexts(PatientContexts),
    Alerts(Alerts),
    ModelEvents(ModelEvents),
    Activity(ActivityEvents),
}

impl RowEncoder {
    pub(crate) fn new(feed: Feed, options: DecodeOptions) -> Self {
        Self {
            schema: feed.table().file_schema(),
            options,
            logs: HashMap::new(),
            valid: ValidRows::new(feed),
            rejections: Rejections::default(),
            fields: FieldCounter::default(),
        }
    }

    /// Takes the counts of refused and unknown fields.
    pub(crate) fn take_field_counts(&mut self) -> FieldCounts {
        self.fields.take()
    }

    /// The log of `partition`, if it was set.
    pub(crate) fn log(&self, partition: i32) -> Option<&LogId> {
        self.logs.get(&partition)
    }

    /// Sets the log of `partition`. It applies to all rows that are taken from now on, so the
    /// caller takes the rows of a previous log first.
    pub(crate) fn set_log(&mut self, partition: i32, log: LogId) {
        self.logs.insert(partition, log);
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.valid.kafka().len() + self.rejections.kafka.len()
    }

    /// Decodes a message into a row, or into a row with the reason of its rejection.
    pub(crate) fn push(&mut self, message: &KafkaMessage<'_>) -> Result<(), Rejection> {
        let Some(payload) = message.payload else {
            // A tombstone deletes the context of a patient; on other topics it means nothing, but
            // its offset needs a row all the same.
            if !self.valid.push_deletion(message) {
                self.rejections.push_tombstone(message);
            }
            return Ok(());
        };
        let pushed = self.valid.push(payload, message, &self.options, &mut self.fields);
        if let Err(rejection) = &pushed {
            self.rejections.push(rejection, message);
        }
        pushed
    }

    /// Adds one row for the offsets from `position` to `to`, exclusive.
    pub(crate) fn push_gap(&mut self, position: MessagePosition, to: i64, gap: OffsetGap) {
        self.rejections.push_gap(position, to, gap);
    }

    /// Takes the rows, and leaves the encoder empty.
    pub(crate) fn take(&mut self) -> Result<Vec<EncodedRows>, ArrowError> {
        let mut taken = Vec::new();
        if self.valid.kafka().len() > 0 {
            let columns = self.valid.finish();
            taken.push(EncodedRows { rejected: false, rows: self.rows(&columns)? });
        }
        if self.rejections.kafka.len() > 0 {
            let columns = self.rejections.finish();
            taken.push(EncodedRows { rejected: true, rows: self.rows(&columns)? });
        }
        Ok(taken)
    }

    /// Rows with `columns`. Columns that are not among them are null.
    fn rows(&self, columns: &[NamedColumn]) -> Result<RecordBatch, ArrowError> {
        let count = columns.first().map_or(0, |(_, array)| array.len());
        let logs: ArrayRef = Arc::new(self.log_column(columns));
        // A rejected row has no vitals, and a valid row no reason: those columns are null.
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

    /// Column `kafka_cluster`: the log of each row's partition.
    fn log_column(&self, columns: &[NamedColumn]) -> StringArray {
        let partitions = columns.iter().find(|(name, _)| *name == "kafka_partition");
        let partitions = partitions.and_then(|(_, array)| array.as_primitive_opt::<Int32Type>());
        let partitions = partitions.map_or(&[][..], |partitions| partitions.values());
        let mut logs = StringBuilder::with_capacity(partitions.len(), 0);
        // Messages arrive in runs of one partition, so the lookup is once per run.
        for run in partitions.chunk_by(|a, b| a == b) {
            let log = run.first().and_then(|partition| self.logs.get(partition));
            let log = log.map_or("", LogId::as_str);
            logs.append_value_n(log, run.len());
        }
        logs.finish()
    }
}

impl ValidRows {
    fn new(feed: Feed) -> Self {
        match feed {
            Feed::Vitals => Self::Readings(Readings::with_capacity(0)),
            Feed::Predictions => Self::Predictions(Predictions::new()),
            Feed::PatientContext => Self::PatientContexts(PatientContexts::new()),
            Feed::Alerts => Self::Alerts(Alerts::new()),
            Feed::ModelEvents => Self::ModelEvents(ModelEvents::new()),
            Feed::Activity => Self::Activity(ActivityEvents::new()),
        }
    }

    /// Decodes a message into a row.
    fn push(
        &mut self,
        payload: &[u8],
        message: &KafkaMessage<'_>,
        options: &DecodeOptions,
        fields: &mut FieldCounter,
    ) -> Result<(), Rejection> {
        match self {
            Self::Readings(readings) => {
                let decoded = decode(payload, message.position.arrival_ms(), options)?;
                fields.add(&decoded);
                readings.push(&decoded, message);
            }
            Self::Predictions(predictions) => {
                predictions.push(&prediction::decode(payload)?, message);
            }
            Self::PatientContexts(contexts) => {
                contexts.push(&patient_context::decode(message.key, payload)?, message);
            }
            Self::Alerts(alerts) => alerts.push(&watch::decode(payload)?, message),
            Self::ModelEvents(events) => events.push(&model_event::decode(payload)?, message),
            Self::Activity(events) => events.push(&activity::decode(payload)?, message),
        }
        Ok(())
    }

    /// Adds the row of a message that deletes its key. Returns false if the topic has no such
    /// messages, or the message no key.
    fn push_deletion(&mut self, message: &KafkaMessage<'_>) -> bool {
        match self {
            Self::PatientContexts(contexts) => contexts.push_deletion(message),
            Self::Readings(_)
            | Self::Predictions(_)
            | Self::Alerts(_)
            | Self::ModelEvents(_)
            | Self::Activity(_) => false,
        }
    }

    fn kafka(&self) -> &KafkaColumns {
        match self {
            Self::Readings(readings) => &readings.kafka,
            Self::Predictions(predictions) => &predictions.kafka,
            Self::PatientContexts(contexts) => &contexts.kafka,
            Self::Alerts(alerts) => &alerts.kafka,
            Self::ModelEvents(events) => &events.kafka,
            Self::Activity(events) => &events.kafka,
        }
    }

    fn finish(&mut self) -> Vec<NamedColumn> {
        match self {
            Self::Readings(readings) => readings.finish(),
            Self::Predictions(predictions) => predictions.finish(),
            Self::PatientContexts(contexts) => contexts.finish(),
            Self::Alerts(alerts) => alerts.finish(),
            Self::ModelEvents(events) => events.finish(),
            Self::Activity(events) => events.finish(),
        }
    }
}

#[cfg(test)]
#[path = "row_encoder_tests.rs"]
mod tests;
