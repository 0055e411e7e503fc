//! A column of a table, and the columns that every table has.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use deltalake::kernel::{self, ArrayType, PrimitiveType, StructField, StructType};

use super::{COVERS_TO, REJECTED};

/// A column of a table.
pub(super) struct Column {
    name: &'static str,
    kind: Kind,
    nullable: bool,
}

/// The type of a column.
enum Kind {
    Primitive(PrimitiveType),
    /// A list of structs with these fields.
    Structs(&'static [(&'static str, PrimitiveType)]),
}

impl Column {
    /// A column that may be null.
    pub(super) const fn nullable(name: &'static str, kind: PrimitiveType) -> Self {
        Self { name, kind: Kind::Primitive(kind), nullable: true }
    }

    /// A column with a list of structs, or null.
    pub(super) const fn structs(
        name: &'static str,
        fields: &'static [(&'static str, PrimitiveType)],
    ) -> Self {
        Self { name, kind: Kind::Structs(fields), nullable: true }
    }

    /// A column with a value in every row.
    const fn required(name: &'static str, kind: PrimitiveType) -> Self {
        Self { name, kind: Kind::Primitive(kind), nullable: false }
    }

    /// The Delta field.
    pub(super) fn delta_field(self) -> StructField {
        let kind: kernel::DataType = match self.kind {
            Kind::Primitive(kind) => kind.into(),
            Kind::Structs(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, kind)| StructField::nullable(*name, kind.clone()));
                ArrayType::new(StructType::new_unchecked(fields), true).into()
            }
        };
        StructField::new(self.name, kind, self.nullable)
    }

    /// The Arrow field. Timestamps are microseconds in UTC, as the Delta protocol requires.
    pub(super) fn arrow_field(&self) -> Field {
        let kind = match &self.kind {
            Kind::Primitive(kind) => arrow_type(kind),
            Kind::Structs(fields) => arrow_list(fields),
        };
        Field::new(self.name, kind, self.nullable)
    }
}

/// The fields of a struct of column `kafka_headers`.
pub(super) const HEADER_FIELDS: &[(&str, PrimitiveType)] =
    &[("key", PrimitiveType::String), ("value", PrimitiveType::Binary)];

/// The columns that every table ends with: the message's position, and the reason and bytes of a
/// rejected message.
pub(super) fn message_columns() -> [Column; 13] {
    use PrimitiveType::{Binary, Boolean, Integer, Long, String, Timestamp};
    [
        // The log's identity, see `vitals_core::domain::log_id`: offsets of another cluster, or of a log that
        // was recreated, are unrelated to these.
        Column::required("kafka_cluster", String),
        Column::required("kafka_partition", Integer),
        Column::required("kafka_offset", Long),
        Column::required("kafka_time", Timestamp),
        // The meaning of `kafka_time`: `create`, `log_append`, `none` or `implausible`.
        Column::nullable("kafka_time_type", String),
        Column::nullable("kafka_key", Binary),
        Column::structs("kafka_headers", HEADER_FIELDS),
        Column::nullable("reject_reason", String),
        Column::nullable("reject_detail", String),
        Column::nullable("reject_key", Binary),
        Column::nullable("reject_payload", Binary),
        // Set only where a row covers more offsets than its own: the end of the range, exclusive.
        Column::nullable(COVERS_TO, Long),
        Column::required(REJECTED, Boolean),
    ]
}

/// The name of a list's element in the Delta protocol's Arrow schemas.
const ELEMENT: &str = "element";

fn arrow_list(fields: &[(&'static str, PrimitiveType)]) -> DataType {
    let fields: Fields =
        fields.iter().map(|(name, kind)| Field::new(*name, arrow_type(kind), true)).collect();
    DataType::List(Arc::new(Field::new(ELEMENT, DataType::Struct(fields), true)))
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
