//! Rows of another schema, such as that of an earlier release, in the schema of a table.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, new_null_array},
    compute::cast,
    datatypes::{DataType, SchemaRef},
    error::ArrowError,
};

/// The rows with exactly the columns and types of `schema`. A column that they lack is null.
///
/// # Errors
/// When a column can't be cast, or a required one is missing.
pub fn conform(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns: Result<Vec<ArrayRef>, ArrowError> = schema
        .fields()
        .iter()
        .map(|field| conform_column(rows, field.name(), field.data_type()))
        .collect();
    RecordBatch::try_new(Arc::clone(schema), columns?)
}

fn conform_column(rows: &RecordBatch, name: &str, kind: &DataType) -> Result<ArrayRef, ArrowError> {
    match rows.column_by_name(name) {
        Some(column) if column.data_type() == kind => Ok(ArrayRef::clone(column)),
        Some(column) => cast(column, kind),
        None => Ok(new_null_array(kind, rows.num_rows())),
    }
}
