//! A checksum over rows that depends neither on their order nor on their distribution over files.
//!
//! A row is serialised column by column, in the order of the schema without `covers_to`: byte 0
//! for null, or byte 1 and the value. Numbers, times (microseconds) and floats (IEEE 754) are
//! little-endian, a boolean is one byte, text and binary values are prefixed with their length as
//! four bytes, little-endian. A list of structs is its length, then each field of each struct. The
//! row's hash is the XXH64 of these bytes with seed 0, and the
//! checksum is the sum of the hashes modulo 2^64. Compaction only moves rows, so it leaves the
//! checksum unchanged.

use arrow::{
    array::{Array, ArrayRef, AsArray as _, RecordBatch},
    compute::cast,
    datatypes::{DataType, Float64Type, Int32Type, Int64Type, SchemaRef, TimestampMicrosecondType},
    error::ArrowError,
};
use twox_hash::XxHash64;

use crate::schema::COVERS_TO;

/// Buffer size for one serialised row.
const ROW_CAPACITY: usize = 512;

/// Hashes every row of `rows`. Columns are matched by the names in `schema`; a column that `rows`
/// lack counts as null, as in a file that is older than the column.
///
/// # Errors
/// When a column can't be cast to the schema's type.
pub fn row_hashes(schema: &SchemaRef, rows: &RecordBatch) -> Result<Vec<u64>, ArrowError> {
    let columns = schema
        .fields()
        .iter()
        .filter(|field| field.name() != COVERS_TO)
        .map(|field| Column::new(rows.column_by_name(field.name()), field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    // All rows share one buffer; an allocation per row would be wasted work.
    let mut hashes = Vec::with_capacity(rows.num_rows());
    let mut bytes = Vec::with_capacity(ROW_CAPACITY);
    for row in 0..rows.num_rows() {
        bytes.clear();
        for column in &columns {
            column.append(row, &mut bytes);
        }
        hashes.push(XxHash64::oneshot(0, &bytes));
    }
    Ok(hashes)
}

/// A column in the schema's type.
enum Column {
    Missing,
    Values(ArrayRef),
}

impl Column {
    fn new(column: Option<&ArrayRef>, kind: &DataType) -> Result<Self, ArrowError> {
        let Some(column) = column else { return Ok(Self::Missing) };
        if column.data_type() == kind {
            return Ok(Self::Values(ArrayRef::clone(column)));
        }
        // DataFusion reads text and binary columns as views.
        Ok(Self::Values(cast(column, kind)?))
    }

    fn append(&self, row: usize, bytes: &mut Vec<u8>) {
        match self {
            Self::Values(column) if column.is_valid(row) => {
                bytes.push(1);
                append_value(column, row, bytes);
            }
            _ => bytes.push(0),
        }
    }
}

fn append_value(column: &ArrayRef, row: usize, bytes: &mut Vec<u8>) {
    match column.data_type() {
        DataType::Utf8 => {
            append_with_length(column.as_string::<i32>().value(row).as_bytes(), bytes);
        }
        DataType::Binary => append_with_length(column.as_binary::<i32>().value(row), bytes),
        DataType::Boolean => bytes.push(u8::from(column.as_boolean().value(row))),
        // The exact bits: a value that changed in its last digit is another one.
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        DataType::Int32 => {
            let value = column.as_primitive::<Int32Type>().value(row);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        DataType::Int64 => {
            let value = column.as_primitive::<Int64Type>().value(row);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        DataType::List(_) => append_structs(&column.as_list::<i32>().value(row), bytes),
        // The only type left in the schemas.
        _ => {
            let value = column.as_primitive::<TimestampMicrosecondType>().value(row);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// Appends a list of structs: its length, then field by field, each as a column of its own.
fn append_structs(structs: &ArrayRef, bytes: &mut Vec<u8>) {
    let length = u32::try_from(structs.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    for row in 0..structs.len() {
        for field in structs.as_struct().columns() {
            Column::Values(ArrayRef::clone(field)).append(row, bytes);
        }
    }
}

fn append_with_length(value: &[u8], bytes: &mut Vec<u8>) {
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(value);
}
