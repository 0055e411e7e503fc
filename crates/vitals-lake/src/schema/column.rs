//! A column of a table, and the columns that every table has.

use arrow::datatypes::{DataType, Field, TimeUnit};
use deltalake::kernel::{PrimitiveType, StructField};

use super::{COVERS_TO, REJECTED};

/// A column of a table.
pub(super) struct Column {
    name: &'static str,
    kind: PrimitiveType,
    nullable: bool,
}

impl Column {
    /// A column that may be null.
    pub(super) const fn nullable(name: &'static str, kind: PrimitiveType) -> Self {
        Self { name, kind, nullable: true }
    }

    /// A column with a value in every row.
    const fn required(name: &'static str, kind: PrimitiveType) -> Self {
        Self { name, kind, nullable: false }
    }

    /// The Delta field.
    pub(super) fn delta_field(self) -> StructField {
        StructField::new(self.name, self.kind, self.nullable)
    }

    /// The Arrow field. Timestamps are microseconds in UTC, as the Delta protocol requires.
    pub(super) fn arrow_field(&self) -> Field {
        Field::new(self.name, arrow_type(&self.kind), self.nullable)
    }
}

/// The columns that every table ends with: the message's position, and the reason and bytes of a
/// rejected message.
pub(super) fn message_columns() -> [Column; 10] {
    use PrimitiveType::{Binary, Boolean, Integer, Long, String, Timestamp};
    [
        // The log's identity, see `vitals_core::domain::log_id`: offsets of another cluster, or of a log that
        // was recreated, are unrelated to these.
        Column::required("kafka_cluster", String),
        Column::required("kafka_partition", Integer),
        Column::required("kafka_offset", Long),
        Column::required("kafka_time", Timestamp),
        Column::nullable("reject_reason", String),
        Column::nullable("reject_detail", String),
        Column::nullable("reject_key", Binary),
        Column::nullable("reject_payload", Binary),
        // Set only where a row covers more offsets than its own: the end of the range, exclusive.
        Column::nullable(COVERS_TO, Long),
        Column::required(REJECTED, Boolean),
    ]
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
