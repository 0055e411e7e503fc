//! Messages to columns: the rows of the batch that is being filled.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use deltalake::arrow::{
    array::{
        ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, Float64Builder, Int32Builder,
        Int64Builder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondBuilder,
    },
    datatypes::SchemaRef,
    error::ArrowError,
};
use vitals_core::domain::{
    decode::Decoded,
    reading::Consciousness,
    rejection::Rejection,
    vital::{VITAL_COUNT, VITALS},
};
use vitals_lake::schema;

use super::{
    assignment::Epoch,
    batch::{Batch, Rejected, Span},
};

/// Rows in one record batch; a batch for the lake has many.
const CHUNK_ROWS: usize = 65_536;

/// Where column `kafka_cluster` stands: behind identity, vitals and the seven that follow them.
const CLUSTER_COLUMN: usize = 2 + VITAL_COUNT + 7;

/// Where a message stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) time_ms: i64,
}

/// The batch that is being filled.
pub(crate) struct Rows {
    schema: SchemaRef,
    /// The Kafka cluster's id.
    cluster: String,
    columns: Columns,
    chunks: Vec<RecordBatch>,
    spans: BTreeMap<i32, Span>,
    rejected: Vec<Rejected>,
    count: usize,
    bytes: usize,
    since: Option<Instant>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self {
            schema: schema::arrow_schema(),
            cluster: String::new(),
            columns: Columns::new(),
            chunks: Vec::new(),
            spans: BTreeMap::new(),
            rejected: Vec::new(),
            count: 0,
            bytes: 0,
            since: None,
        }
    }

    /// From now on the rows are from `cluster`. A client knows no other.
    pub(crate) fn set_cluster(&mut self, cluster: String) {
        self.cluster = cluster;
    }

    /// Messages so far.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Bytes of the messages so far.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// When the oldest message was read.
    pub(crate) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Extends what the batch covers of a partition to `offset` inclusive; `start` is where it
    /// begins when the partition is new to the batch.
    pub(crate) fn cover(&mut self, partition: i32, epoch: Epoch, start: i64, offset: i64) {
        let end = offset + 1;
        self.spans.entry(partition).or_insert(Span { epoch, start, end }).end = end;
    }

    /// Adds the verdict on one message of `size` bytes, read at `now`.
    pub(crate) fn push(
        &mut self,
        place: Place,
        verdict: Result<&Decoded<'_>, &Rejection>,
        message: (Option<&[u8]>, Option<&[u8]>),
        now: Instant,
    ) -> Result<(), ArrowError> {
        let (key, payload) = message;
        match verdict {
            Ok(decoded) => self.columns.reading(decoded),
            Err(rejection) => {
                self.columns.rejection(rejection, key, payload);
                self.rejected.push(Rejected {
                    partition: place.partition,
                    offset: place.offset,
                    reason: rejection.reason,
                    key: key.map(<[u8]>::to_vec),
                    payload: payload.map(<[u8]>::to_vec),
                });
            }
        }
        self.columns.place(place, verdict.is_err());
        self.count += 1;
        self.bytes += payload.map_or(0, <[u8]>::len);
        self.since.get_or_insert(now);
        if self.columns.len() >= CHUNK_ROWS {
            self.seal()?;
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<(), ArrowError> {
        if self.columns.len() > 0 {
            let arrays = self.columns.finish(&self.cluster);
            self.chunks.push(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?);
        }
        Ok(())
    }

    /// The batch, leaving an empty one; `None` when there is nothing in it.
    pub(crate) fn take(&mut self) -> Result<Option<Batch>, ArrowError> {
        let Some(since) = self.since.take() else { return Ok(None) };
        self.seal()?;
        self.count = 0;
        self.bytes = 0;
        Ok(Some(Batch {
            spans: std::mem::take(&mut self.spans),
            rows: std::mem::take(&mut self.chunks),
            rejected: std::mem::take(&mut self.rejected),
            since,
            done: None,
        }))
    }
}

/// A builder for every column, in the order of the schema.
struct Columns {
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
    kafka_partition: Int32Builder,
    kafka_offset: Int64Builder,
    kafka_time: TimestampMicrosecondBuilder,
    reject_reason: StringBuilder,
    reject_detail: StringBuilder,
    reject_key: BinaryBuilder,
    reject_payload: BinaryBuilder,
    rejected: BooleanBuilder,
}

impl Columns {
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
            kafka_partition: Int32Builder::new(),
            kafka_offset: Int64Builder::new(),
            kafka_time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            reject_reason: StringBuilder::new(),
            reject_detail: StringBuilder::new(),
            reject_key: BinaryBuilder::new(),
            reject_payload: BinaryBuilder::new(),
            rejected: BooleanBuilder::new(),
        }
    }

    fn len(&self) -> usize {
        self.kafka_offset.len()
    }

    fn reading(&mut self, decoded: &Decoded<'_>) {
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
        self.reject_reason.append_null();
        self.reject_detail.append_null();
        self.reject_key.append_null();
        self.reject_payload.append_null();
    }

    fn rejection(&mut self, rejection: &Rejection, key: Option<&[u8]>, payload: Option<&[u8]>) {
        self.patient_id.append_null();
        self.time.append_null();
        self.vitals.iter_mut().for_each(Float64Builder::append_null);
        self.supplemental_oxygen.append_null();
        for builder in [&mut self.consciousness, &mut self.device_id] {
            builder.append_null();
        }
        self.sequence.append_null();
        for builder in [&mut self.ward, &mut self.bed, &mut self.flags] {
            builder.append_null();
        }
        self.reject_reason.append_value(rejection.reason.code());
        self.reject_detail.append_value(&rejection.detail);
        self.reject_key.append_option(key);
        self.reject_payload.append_option(payload);
    }

    fn place(&mut self, place: Place, rejected: bool) {
        self.kafka_partition.append_value(place.partition);
        self.kafka_offset.append_value(place.offset);
        self.kafka_time.append_value(place.time_ms * 1000);
        self.rejected.append_value(rejected);
    }

    fn finish(&mut self, cluster: &str) -> Vec<ArrayRef> {
        let clusters = StringArray::from_iter_values(std::iter::repeat_n(cluster, self.len()));
        let mut builders: Vec<&mut dyn ArrayBuilder> = vec![&mut self.patient_id, &mut self.time];
        builders.extend(self.vitals.iter_mut().map(|vital| vital as &mut dyn ArrayBuilder));
        let rest: [&mut dyn ArrayBuilder; 15] = [
            &mut self.supplemental_oxygen,
            &mut self.consciousness,
            &mut self.device_id,
            &mut self.sequence,
            &mut self.ward,
            &mut self.bed,
            &mut self.flags,
            &mut self.kafka_partition,
            &mut self.kafka_offset,
            &mut self.kafka_time,
            &mut self.reject_reason,
            &mut self.reject_detail,
            &mut self.reject_key,
            &mut self.reject_payload,
            &mut self.rejected,
        ];
        builders.extend(rest);
        let mut arrays: Vec<ArrayRef> = builders.into_iter().map(ArrayBuilder::finish).collect();
        // The same in every row.
        arrays.insert(CLUSTER_COLUMN, Arc::new(clusters));
        arrays
    }
}
