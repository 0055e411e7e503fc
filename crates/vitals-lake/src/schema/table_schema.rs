//! A table's name and columns, as Delta and as Arrow fields.

use std::sync::Arc;

use arrow::{
    array::{BooleanArray, RecordBatch},
    datatypes::{DataType, Field, Schema, SchemaRef},
    error::ArrowError,
};
use deltalake::kernel::StructField;

use super::{
    ACTIVITY, ALERTS, MODEL_EVENTS, PATIENT_CONTEXT, PREDICTIONS, VITALS,
    column::{Column, message_columns},
};

/// All tables, in the order of their maintenance.
pub static TABLES: [&Table; 6] =
    [&VITALS, &PREDICTIONS, &PATIENT_CONTEXT, &ALERTS, &MODEL_EVENTS, &ACTIVITY];

/// The `reject_reason` of a row that covers offsets which Kafka deleted before they were archived.
/// The range runs from the row's own offset to `covers_to`, exclusive.
pub const LOST: &str = "lost";

/// The `reject_reason` of a row that covers offsets whose messages are damaged in Kafka.
pub const UNREADABLE: &str = "unreadable";

/// The `reject_reason` of a row that covers offsets which never held a message.
pub const NO_MESSAGE: &str = "no_message";

/// The `reject_reason` of a row that covers offsets whose rows were erased on purpose.
pub const ERASED: &str = "erased";

/// The `reject_reason` of a row that covers the offset of a message without a payload.
pub const TOMBSTONE: &str = "tombstone";

/// The column that makes a row cover all offsets from its own to this one, exclusive.
pub const COVERS_TO: &str = "covers_to";

/// The partition column of every table.
pub const REJECTED: &str = "rejected";

/// A table of the lake.
#[derive(Debug)]
pub struct Table {
    /// The table's name, which is also its folder's.
    pub name: &'static str,
    /// The columns with statistics per file, separated by commas: those that queries filter by
    /// first.
    pub indexed: &'static str,
    /// The columns of a valid message, null in the row of a rejected one.
    pub(super) columns: fn() -> Vec<Column>,
}

impl Table {
    fn all_columns(&self) -> impl Iterator<Item = Column> {
        (self.columns)().into_iter().chain(message_columns())
    }

    /// The columns as Delta fields.
    #[must_use]
    pub fn delta_fields(&self) -> Vec<StructField> {
        self.all_columns().map(Column::delta_field).collect()
    }

    /// The columns as an Arrow schema.
    #[must_use]
    pub fn arrow_schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self.all_columns().map(|column| column.arrow_field()).collect();
        Arc::new(Schema::new(fields))
    }

    /// The Arrow schema of a data file. It lacks the partition column, whose value is part of the
    /// file's `Add` action instead.
    #[must_use]
    pub fn file_schema(&self) -> SchemaRef {
        let schema = self.arrow_schema();
        let fields = schema.fields().iter().filter(|field| field.name() != REJECTED).cloned();
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// Adds the partition column to the rows of a data file.
///
/// # Errors
/// When `rows` already have that column.
pub fn with_rejected(rows: &RecordBatch, rejected: bool) -> Result<RecordBatch, ArrowError> {
    // The last column, as in the table's schema.
    let mut fields = rows.schema().fields().to_vec();
    fields.push(Arc::new(Field::new(REJECTED, DataType::Boolean, false)));
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(BooleanArray::from(vec![rejected; rows.num_rows()])));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
