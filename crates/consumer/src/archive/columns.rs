//! Builders for the columns of data files.

use std::{collections::HashMap, sync::Arc};

use deltalake::arrow::{
    array::{
        Array as _, ArrayBuilder as _, ArrayRef, AsArray as _, BinaryBuilder, BooleanBuilder,
        Float64Builder, Int32Builder, Int64Builder, RecordBatch, StringArray, StringBuilder,
        TimestampMicrosecondBuilder, new_null_array,
    },
    datatypes::{Int32Type, SchemaRef},
    error::ArrowError,
};
use vitals_core::domain::{
    decode::Decoded,
    reading::Consciousness,
    rejection::Rejection,
    vital::{VITAL_COUNT, VITALS},
};
use vitals_lake::schema;

use super::batch::Piece;

/// Where a message stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) time_ms: i64,
}

/// A column's name with its values.
type Named = (&'static str, ArrayRef);

/// The columns of readings, and those of rejected messages.
pub(crate) struct Columns {
    schema: SchemaRef,
    /// The log that each partition belongs to, see `vitals_lake::position`.
    pub(crate) logs: HashMap<i32, String>,
    readings: Readings,
    rejections: Rejections,
}

impl Columns {
    pub(crate) fn new() -> Self {
        Self {
            schema: schema::file_schema(),
            logs: HashMap::new(),
            readings: Readings::new(),
            rejections: Rejections::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.readings.places.len() + self.rejections.places.len()
    }

    pub(crate) fn reading(&mut self, decoded: &Decoded<'_>, place: Place) {
        self.readings.push(decoded);
        self.readings.places.push(place);
    }

    pub(crate) fn rejection(
        &mut self,
        rejection: &Rejection,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
        place: Place,
    ) {
        self.rejections.push(rejection, key, payload);
        self.rejections.places.push(place);
    }

    /// Stands for the offsets from `place` up to, not including, `to`, which Kafka had deleted
    /// before they were read.
    pub(super) fn lost(&mut self, place: Place, to: i64) {
        self.rejections.push_lost(place.offset, to);
        self.rejections.places.push(place);
    }

    /// The rows so far, leaving none.
    pub(crate) fn take(&mut self) -> Result<Vec<Piece>, ArrowError> {
        let mut pieces = Vec::new();
        if self.readings.places.len() > 0 {
            let columns = self.readings.finish();
            let rows = self.rows(&columns)?;
            pieces.push(Piece::Rows { rejected: false, rows });
        }
        if self.rejections.places.len() > 0 {
            let columns = self.rejections.finish();
            let rows = self.rows(&columns)?;
            pieces.push(Piece::Rows { rejected: true, rows });
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
        let log = |partition| self.logs.get(partition).map_or("", String::as_str);
        StringArray::from_iter_values(partitions.iter().map(log))
    }
}

/// Where the messages of the rows stand.
struct Places {
    partition: Int32Builder,
    offset: Int64Builder,
    time: TimestampMicrosecondBuilder,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            partition: Int32Builder::new(),
            offset: Int64Builder::new(),
            time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
        }
    }
}

impl Places {
    fn len(&self) -> usize {
        self.offset.len()
    }

    fn push(&mut self, place: Place) {
        self.partition.append_value(place.partition);
        self.offset.append_value(place.offset);
        self.time.append_value(place.time_ms * 1000);
    }

    fn finish(&mut self) -> [Named; 3] {
        [
            ("kafka_partition", Arc::new(self.partition.finish())),
            ("kafka_offset", Arc::new(self.offset.finish())),
            ("kafka_time", Arc::new(self.time.finish())),
        ]
    }
}

struct Readings {
    patient_id: StringBuilder,
    time: TimestampMicrosecondBuilder,
    vitals: [Float64Builder; VITAL_COUNT],
    supplemental_oxygen: BooleanBuilder,
    consciousness: StringBuilder,
    device_id: StringBuilder,
    sequence: Int64Builder,
    ward: StringBuilder,
    bed: StringBuilder,
    flags: StringBuilder,
    places: Places,
}

impl Readings {
    fn new() -> Self {
        Self {
            patient_id: StringBuilder::new(),
            time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            vitals: std::array::from_fn(|_| Float64Builder::new()),
            supplemental_oxygen: BooleanBuilder::new(),
            consciousness: StringBuilder::new(),
            device_id: StringBuilder::new(),
            sequence: Int64Builder::new(),
            ward: StringBuilder::new(),
            bed: StringBuilder::new(),
            flags: StringBuilder::new(),
            places: Places::default(),
        }
    }

    fn push(&mut self, decoded: &Decoded<'_>) {
        let reading = &decoded.reading;
        self.patient_id.append_value(&reading.patient_id);
        self.time.append_value(reading.time_ms * 1000);
        for (builder, vital) in self.vitals.iter_mut().zip(VITALS) {
            builder.append_option(reading.vitals.get(vital));
        }
        self.supplemental_oxygen.append_option(reading.supplemental_oxygen);
        self.consciousness.append_option(reading.consciousness.map(Consciousness::letter));
        self.device_id.append_option(reading.device_id.as_deref());
        self.sequence.append_option(reading.sequence);
        self.ward.append_option(reading.ward.as_deref());
        self.bed.append_option(reading.bed.as_deref());
        self.flags.append_option(decoded.flags.codes());
    }

    fn finish(&mut self) -> Vec<Named> {
        let mut columns: Vec<Named> = vec![
            ("patient_id", Arc::new(self.patient_id.finish())),
            ("time", Arc::new(self.time.finish())),
            ("supplemental_oxygen", Arc::new(self.supplemental_oxygen.finish())),
            ("consciousness", Arc::new(self.consciousness.finish())),
            ("device_id", Arc::new(self.device_id.finish())),
            ("sequence", Arc::new(self.sequence.finish())),
            ("ward", Arc::new(self.ward.finish())),
            ("bed", Arc::new(self.bed.finish())),
            ("flags", Arc::new(self.flags.finish())),
        ];
        for (builder, vital) in self.vitals.iter_mut().zip(VITALS) {
            columns.push((vital.name(), Arc::new(builder.finish())));
        }
        columns.extend(self.places.finish());
        columns
    }
}

#[derive(Default)]
struct Rejections {
    reason: StringBuilder,
    detail: StringBuilder,
    key: BinaryBuilder,
    payload: BinaryBuilder,
    covers_to: Int64Builder,
    places: Places,
}

impl Rejections {
    fn push(&mut self, rejection: &Rejection, key: Option<&[u8]>, payload: Option<&[u8]>) {
        self.reason.append_value(rejection.reason.code());
        self.detail.append_value(&rejection.detail);
        self.key.append_option(key);
        self.payload.append_option(payload);
        self.covers_to.append_null();
    }

    fn push_lost(&mut self, from: i64, to: i64) {
        self.reason.append_value(schema::LOST);
        self.detail.append_value(format!("Kafka had deleted the offsets {from} to {}", to - 1));
        self.key.append_null();
        self.payload.append_null();
        self.covers_to.append_value(to);
    }

    fn finish(&mut self) -> Vec<Named> {
        let mut columns: Vec<Named> = vec![
            ("reject_reason", Arc::new(self.reason.finish())),
            ("reject_detail", Arc::new(self.detail.finish())),
            ("reject_key", Arc::new(self.key.finish())),
            ("reject_payload", Arc::new(self.payload.finish())),
            (schema::COVERS_TO, Arc::new(self.covers_to.finish())),
        ];
        columns.extend(self.places.finish());
        columns
    }
}
