//! The tables and their columns.
//!
//! A row is one message of the table's topic: what the table is for, or, in the partition
//! `rejected=true`, a message that was none, with its bytes and the reason. Both land in the
//! commit that moves the position past them, so every offset is in exactly one of the two.

use std::sync::Arc;

use deltalake::{
    arrow::{
        array::{BooleanArray, RecordBatch},
        datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
        error::ArrowError,
    },
    kernel::{PrimitiveType, StructField},
};

use super::{PREDICTIONS, VITALS};

/// Every table, in the order of their maintenance.
pub static TABLES: [&Table; 2] = [&VITALS, &PREDICTIONS];

/// The reason of a row that stands for offsets which Kafka deleted before they were archived:
/// from its offset up to, not including, `covers_to`.
pub const LOST: &str = "lost";

/// The reason of a row that stands for offsets at which there never was a message.
pub const NO_MESSAGE: &str = "no_message";

/// The column that makes a row stand for all offsets from its own up to, not including, this one.
pub const COVERS_TO: &str = "covers_to";

/// The column that every table is partitioned by.
pub const REJECTED: &str = "rejected";

/// A table of the lake.
#[derive(Debug)]
pub struct Table {
    /// Its name, and its folder's.
    pub name: &'static str,
    /// Columns with statistics per file, joined by commas: those that queries filter by first.
    pub indexed: &'static str,
    /// What a message says, null where it was rejected.
    pub(super) columns: fn() -> Vec<Column>,
}

/// A column: name, type, and whether it may be null.
pub(super) struct Column(pub(super) &'static str, pub(super) PrimitiveType, pub(super) bool);

/// Where the message stood, and of a rejected one what it was.
fn shared() -> [Column; 10] {
    use PrimitiveType::{Binary, Boolean, Integer, Long, String, Timestamp};
    [
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
    ]
}

impl Table {
    fn all_columns(&self) -> impl Iterator<Item = Column> {
        (self.columns)().into_iter().chain(shared())
    }

    /// The columns as Delta has them.
    #[must_use]
    pub fn delta_fields(&self) -> Vec<StructField> {
        self.all_columns()
            .map(|Column(name, kind, nullable)| StructField::new(name, kind, nullable))
            .collect()
    }

    /// The columns as Arrow has them; times are microseconds in UTC, as Delta wants them.
    #[must_use]
    pub fn arrow_schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self
            .all_columns()
            .map(|Column(name, kind, nullable)| Field::new(name, arrow_type(&kind), nullable))
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// The columns of a data file as Arrow has them: what the table is partitioned by stands in
    /// the table's log instead.
    #[must_use]
    pub fn file_schema(&self) -> SchemaRef {
        let schema = self.arrow_schema();
        let fields = schema.fields().iter().filter(|field| field.name() != REJECTED).cloned();
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
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
