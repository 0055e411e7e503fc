//! The columns of table `vitals`.
//!
//! A row is one message of the topic: a reading, or, in the partition `rejected=true`, a message
//! that was no reading, with its bytes and the reason. Both land in the commit that moves the
//! position past them, so every offset is in exactly one of the two.

use std::sync::Arc;

use deltalake::{
    arrow::{
        array::{BooleanArray, RecordBatch},
        datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
        error::ArrowError,
    },
    kernel::{PrimitiveType, StructField},
};
use vitals_core::domain::vital::VITALS;

/// Name of the table of readings.
pub const VITALS_TABLE: &str = "vitals";

/// The reason of a row that stands for offsets which Kafka deleted before they were archived:
/// from its offset up to, not including, `covers_to`.
pub const LOST: &str = "lost";

/// The column that makes a row stand for all offsets from its own up to, not including, this one.
pub const COVERS_TO: &str = "covers_to";

/// The column that the table is partitioned by.
pub const REJECTED: &str = "rejected";

/// A column: name, type, and whether it may be null.
struct Column(&'static str, PrimitiveType, bool);

fn columns() -> Vec<Column> {
    use PrimitiveType::{Binary, Boolean, Double, Integer, Long, String, Timestamp};
    let mut columns = vec![
        // Null only where the message was rejected.
        Column("patient_id", String, true),
        Column("time", Timestamp, true),
    ];
    columns.extend(VITALS.into_iter().map(|vital| Column(vital.name(), Double, true)));
    columns.extend([
        Column("supplemental_oxygen", Boolean, true),
        Column("consciousness", String, true),
        Column("device_id", String, true),
        Column("sequence", Long, true),
        Column("ward", String, true),
        Column("bed", String, true),
        // Doubts about a reading that is kept, see `vitals_core::domain::flags`.
        Column("flags", String, true),
        // The log's name, see `position`: offsets of another cluster or of a log that was set up
        // anew are others.
        Column("kafka_cluster", String, false),
        Column("kafka_partition", Integer, false),
        Column("kafka_offset", Long, false),
        Column("kafka_time", Timestamp, false),
        Column("reject_reason", String, true),
        Column("reject_detail", String, true),
        Column("reject_key", Binary, true),
        Column("reject_payload", Binary, true),
        // Only where a row stands for more offsets than its own: the offset after them.
        Column(COVERS_TO, Long, true),
        Column(REJECTED, Boolean, false),
    ]);
    columns
}

/// The columns as Delta has them.
#[must_use]
pub fn delta_fields() -> Vec<StructField> {
    columns()
        .into_iter()
        .map(|Column(name, kind, nullable)| StructField::new(name, kind, nullable))
        .collect()
}

/// The columns as Arrow has them; times are microseconds in UTC, as Delta wants them.
#[must_use]
pub fn arrow_schema() -> SchemaRef {
    let fields: Vec<Field> = columns()
        .into_iter()
        .map(|Column(name, kind, nullable)| Field::new(name, arrow_type(&kind), nullable))
        .collect();
    Arc::new(Schema::new(fields))
}

/// The columns of a data file as Arrow has them: what the table is partitioned by stands in the
/// table's log instead.
#[must_use]
pub fn file_schema() -> SchemaRef {
    let schema = arrow_schema();
    let fields = schema.fields().iter().filter(|field| field.name() != REJECTED).cloned();
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows of a data file with the column that the table is partitioned by.
///
/// # Errors
/// When `rows` have that column already.
pub fn with_rejected(rows: &RecordBatch, rejected: bool) -> Result<RecordBatch, ArrowError> {
    let mut fields = rows.schema().fields().to_vec();
    fields.push(Arc::new(Field::new(REJECTED, DataType::Boolean, false)));
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(BooleanArray::from(vec![rejected; rows.num_rows()])));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn arrow_type(kind: &PrimitiveType) -> DataType {
    match kind {
        PrimitiveType::Double => DataType::Float64,
        PrimitiveType::Boolean => DataType::Boolean,
        PrimitiveType::Integer => DataType::Int32,
        PrimitiveType::Long => DataType::Int64,
        PrimitiveType::Binary => DataType::Binary,
        PrimitiveType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Utf8,
    }
}
