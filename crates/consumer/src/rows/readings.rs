//! The columns of readings.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use vitals_core::domain::{
    decode::Decoded,
    reading::Consciousness,
    refused::Refused,
    vital::{VITAL_COUNT, VITALS},
};

use super::{
    kafka_columns::{KafkaColumns, NamedColumn},
    message::KafkaMessage,
    struct_lists::StructLists,
};

/// Approximate length of an id or a bed, in bytes.
const TEXT_BYTES: usize = 8;

/// Builders of the columns of readings.
pub(super) struct Readings {
    patient_id: StringBuilder,
    time: Vec<i64>,
    vitals: [Float64Builder; VITAL_COUNT],
    supplemental_oxygen: BooleanBuilder,
    consciousness: StringBuilder,
    device_id: StringBuilder,
    sequence: Int64Builder,
    ward: StringBuilder,
    bed: StringBuilder,
    /// The flags, the device's time and the unknown fields, of the few rows that have them.
    flags: Vec<(usize, String)>,
    device_time: Vec<(usize, i64)>,
    extra: Vec<(usize, String)>,
    refused: StructLists<Refused>,
    pub(super) kafka: KafkaColumns,
}

impl Readings {
    /// Empty builders with room for `rows` readings.
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            patient_id: text_builder(rows),
            time: Vec::with_capacity(rows),
            vitals: std::array::from_fn(|_| Float64Builder::with_capacity(rows)),
            supplemental_oxygen: BooleanBuilder::with_capacity(rows),
            consciousness: text_builder(rows),
            device_id: text_builder(rows),
            sequence: Int64Builder::with_capacity(rows),
            ward: text_builder(rows),
            bed: text_builder(rows),
            flags: Vec::new(),
            device_time: Vec::new(),
            extra: Vec::new(),
            refused: StructLists::default(),
            kafka: KafkaColumns::with_capacity(rows),
        }
    }

    pub(super) fn push(&mut self, decoded: &Decoded<'_>, message: &KafkaMessage<'_>) {
        let row = self.time.len();
        let reading = &decoded.reading;
        self.patient_id.append_value(&reading.patient_id);
        self.time.push(reading.time_ms * 1000);
        for (builder, vital) in self.vitals.iter_mut().zip(VITALS) {
            builder.append_option(reading.vitals.get(vital));
        }
        self.supplemental_oxygen.append_option(reading.supplemental_oxygen);
        self.consciousness.append_option(reading.consciousness.map(Consciousness::letter));
        self.device_id.append_option(reading.device_id.as_deref());
        self.sequence.append_option(reading.sequence);
        self.ward.append_option(reading.ward.as_deref());
        self.bed.append_option(reading.bed.as_deref());
        // Rare columns are kept as pairs of row and value: most batches have none of them.
        self.flags.extend(decoded.flags.codes().map(|codes| (row, codes)));
        self.device_time.extend(decoded.device_time_ms.map(|time_ms| (row, time_ms * 1000)));
        self.extra.extend(decoded.extra_json().map(|json| (row, json)));
        self.refused.push(row, decoded.refused.iter().cloned());
        self.kafka.push(message);
    }

    /// Takes the columns. The new builders have room for as many rows, because each growth of a
    /// builder copies it.
    pub(super) fn finish(&mut self) -> Vec<NamedColumn> {
        // Parts are of equal size, so the last one predicts the next.
        let next = Self::with_capacity(self.kafka.len());
        std::mem::replace(self, next).into_columns()
    }

    fn into_columns(mut self) -> Vec<NamedColumn> {
        let rows = self.time.len();
        let time = TimestampMicrosecondArray::from(self.time).with_timezone("UTC");
        let mut columns: Vec<NamedColumn> = vec![
            ("patient_id", Arc::new(self.patient_id.finish())),
            ("time", Arc::new(time)),
            ("supplemental_oxygen", Arc::new(self.supplemental_oxygen.finish())),
            ("consciousness", Arc::new(self.consciousness.finish())),
            ("device_id", Arc::new(self.device_id.finish())),
            ("sequence", Arc::new(self.sequence.finish())),
            ("ward", Arc::new(self.ward.finish())),
            ("bed", Arc::new(self.bed.finish())),
        ];
        for (builder, vital) in self.vitals.iter_mut().zip(VITALS) {
            columns.push((vital.name(), Arc::new(builder.finish())));
        }
        columns.extend(self.kafka.finish());
        columns.extend(sparse_times(rows, &self.device_time).map(|it| ("device_time", it)));
        columns.extend(sparse_texts(rows, &self.flags).map(|it| ("flags", it)));
        columns.extend(sparse_texts(rows, &self.extra).map(|it| ("extra", it)));
        columns.extend(self.refused.finish(rows, refused_columns).map(|it| ("refused", it)));
        columns
    }
}

/// A column of times; `None` if no row has one.
fn sparse_times(rows: usize, times_us: &[(usize, i64)]) -> Option<ArrayRef> {
    if times_us.is_empty() {
        return None;
    }
    let mut values = vec![None; rows];
    times_us.iter().for_each(|(row, time_us)| values[*row] = Some(*time_us));
    Some(Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC")))
}

/// A column of texts; `None` if no row has one.
fn sparse_texts(rows: usize, texts: &[(usize, String)]) -> Option<ArrayRef> {
    if texts.is_empty() {
        return None;
    }
    let mut values = vec![None; rows];
    texts.iter().for_each(|(row, text)| values[*row] = Some(text.as_str()));
    Some(Arc::new(StringArray::from(values)))
}

fn refused_columns(refused: &[Refused]) -> Vec<NamedColumn> {
    let field = StringArray::from_iter_values(refused.iter().map(|it| &it.field));
    let reason = StringArray::from_iter_values(refused.iter().map(|it| it.reason.code()));
    let value = StringArray::from_iter_values(refused.iter().map(|it| &it.value));
    vec![("field", Arc::new(field)), ("reason", Arc::new(reason)), ("value", Arc::new(value))]
}

fn text_builder(rows: usize) -> StringBuilder {
    StringBuilder::with_capacity(rows, rows * TEXT_BYTES)
}
