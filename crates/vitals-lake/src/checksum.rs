//! A checksum over rows that does not depend on their order or on the files they are in.
//!
//! A row is written as bytes, column after column in the order of the schema without `covers_to`:
//! a byte 0 for null, or a byte 1 and the value; numbers, times (microseconds) and floats (IEEE
//! 754) little-endian, a boolean as one byte, text and bytes with their length in front as four
//! bytes little-endian. The row's hash is the XXH64 of these bytes with seed 0, and the checksum
//! is the sum of the hashes modulo 2^64: compaction, which only moves rows, leaves it as it is.

use deltalake::arrow::{
    array::{Array, ArrayRef, AsArray as _, RecordBatch},
    compute::cast,
    datatypes::{DataType, Float64Type, Int32Type, Int64Type, SchemaRef, TimestampMicrosecondType},
    error::ArrowError,
};
use twox_hash::XxHash64;

use crate::schema::COVERS_TO;

/// A hash for every row of `rows`. The columns are found by the names in `schema`; one that
/// `rows` does not have counts as null, as in a file that is older than the column.
///
/// # Errors
/// When a column has not the schema's type.
pub fn row_hashes(schema: &SchemaRef, rows: &RecordBatch) -> Result<Vec<u64>, ArrowError> {
    let columns = schema
        .fields()
        .iter()
        .filter(|field| field.name() != COVERS_TO)
        .map(|field| Column::of(rows.column_by_name(field.name()), field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut bytes = Vec::with_capacity(512);
    let hash = |row: usize| {
        bytes.clear();
        columns.iter().for_each(|column| column.append(row, &mut bytes));
        XxHash64::oneshot(0, &bytes)
    };
    Ok((0..rows.num_rows()).map(hash).collect())
}

/// A column as the schema has it.
enum Column {
    Missing,
    Values(ArrayRef),
}

impl Column {
    fn of(column: Option<&ArrayRef>, kind: &DataType) -> Result<Self, ArrowError> {
        let Some(column) = column else { return Ok(Self::Missing) };
        // DataFusion has text and bytes as views.
        let column =
            if column.data_type() == kind { ArrayRef::clone(column) } else { cast(column, kind)? };
        Ok(Self::Values(column))
    }

    fn append(&self, row: usize, bytes: &mut Vec<u8>) {
        let column = match self {
            Self::Values(column) if column.is_valid(row) => column,
            _ => return bytes.push(0),
        };
        bytes.push(1);
        append_value(column, row, bytes);
    }
}

fn append_value(column: &ArrayRef, row: usize, bytes: &mut Vec<u8>) {
    let mut with_length = |value: &[u8]| {
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(value);
    };
    match column.data_type() {
        DataType::Utf8 => with_length(column.as_string::<i32>().value(row).as_bytes()),
        DataType::Binary => with_length(column.as_binary::<i32>().value(row)),
        DataType::Boolean => bytes.push(u8::from(column.as_boolean().value(row))),
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
        // The schema's only other type.
        _ => {
            let value = column.as_primitive::<TimestampMicrosecondType>().value(row);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
}
