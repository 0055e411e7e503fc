//! The columns of rows that were read, in exact types: DataFusion may return text and bytes as views
//! or dictionaries, and old files lack the columns that came later.

use anyhow::Context as _;
use arrow::{
    array::{ArrayRef, AsArray as _, RecordBatch, TimestampMicrosecondArray},
    compute::cast,
    datatypes::{DataType, TimeUnit, TimestampMicrosecondType},
};

/// A column in an exact type.
///
/// # Errors
/// When the column is missing or can't be cast.
pub fn column(rows: &RecordBatch, name: &str, kind: &DataType) -> anyhow::Result<ArrayRef> {
    optional_column(rows, name, kind)?.with_context(|| format!("no column {name}"))
}

/// A column in an exact type; `None` if an old file lacks it.
///
/// # Errors
/// When the column can't be cast.
pub fn optional_column(
    rows: &RecordBatch,
    name: &str,
    kind: &DataType,
) -> anyhow::Result<Option<ArrayRef>> {
    Ok(rows.column_by_name(name).map(|column| cast(column, kind)).transpose()?)
}

/// A column of times.
///
/// # Errors
/// When the column is missing or can't be cast.
pub fn times(rows: &RecordBatch, name: &str) -> anyhow::Result<TimestampMicrosecondArray> {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Ok(column(rows, name, &utc)?.as_primitive::<TimestampMicrosecondType>().clone())
}
