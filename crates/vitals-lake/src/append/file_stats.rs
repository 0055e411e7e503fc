//! A Parquet file's statistics in Delta's JSON format, which queries skip files by.

use parquet::{
    basic::LogicalType,
    file::{metadata::ParquetMetaData, statistics::Statistics},
    schema::types::ColumnDescriptor,
};
use serde_json::{Map, Value, json};

use crate::schema::Table;

/// The statistics of the columns that `table` indexes, as JSON.
pub(super) fn file_stats(file: &ParquetMetaData, table: &Table) -> String {
    let mut min_values = Map::new();
    let mut max_values = Map::new();
    let mut null_counts = Map::new();
    for (index, column) in file.file_metadata().schema_descr().columns().iter().enumerate() {
        let name = column.name();
        if !table.indexed.split(',').any(|indexed| indexed == name) {
            continue;
        }
        let Some(stats) = column_stats(file, index, column) else { continue };
        null_counts.insert(name.to_owned(), stats.nulls.into());
        // An unknown bound is left out; then no query skips the file by this column.
        min_values.extend(stats.bounds.min.map(|value| (name.to_owned(), value)));
        max_values.extend(stats.bounds.max.map(|value| (name.to_owned(), value)));
    }
    json!({
        "numRecords": file.file_metadata().num_rows(),
        "minValues": min_values,
        "maxValues": max_values,
        "nullCount": null_counts,
    })
    .to_string()
}

struct ColumnStats {
    bounds: Bounds,
    nulls: u64,
}

#[derive(Default)]
struct Bounds {
    min: Option<Value>,
    max: Option<Value>,
}

/// A column's statistics over all row groups; `None` if one of them has none.
fn column_stats(
    file: &ParquetMetaData,
    index: usize,
    column: &ColumnDescriptor,
) -> Option<ColumnStats> {
    // A bound must hold for the whole file, so every row group has to have one.
    let groups = file.row_groups().iter().map(|group| group.column(index).statistics());
    let groups: Vec<&Statistics> = groups.collect::<Option<_>>()?;
    let nulls = groups.iter().map(|group| group.null_count_opt()).sum::<Option<u64>>()?;
    Some(ColumnStats { bounds: bounds(&groups, is_time(column)), nulls })
}

fn is_time(column: &ColumnDescriptor) -> bool {
    matches!(column.logical_type_ref(), Some(LogicalType::Timestamp { .. }))
}

fn bounds(groups: &[&Statistics], is_time: bool) -> Bounds {
    let mut numbers: Vec<i64> = Vec::new();
    let mut texts: Vec<&str> = Vec::new();
    for group in groups {
        match group {
            Statistics::Int32(stats) => {
                let bounds = [stats.min_opt(), stats.max_opt()];
                numbers.extend(bounds.into_iter().flatten().map(|bound| i64::from(*bound)));
            }
            Statistics::Int64(stats) => {
                numbers.extend([stats.min_opt(), stats.max_opt()].into_iter().flatten().copied());
            }
            // The writer has truncated the bounds: a minimum rounded down, a maximum rounded up.
            Statistics::ByteArray(stats) => {
                let bounds = [stats.min_opt(), stats.max_opt()];
                texts.extend(bounds.into_iter().flatten().filter_map(|bound| bound.as_utf8().ok()));
            }
            _ => {}
        }
    }
    match (numbers.iter().min(), numbers.iter().max()) {
        // Microseconds are rounded outwards, so that the bounds still hold.
        (Some(min), Some(max)) if is_time => Bounds {
            min: timestamp(min.div_euclid(1000)),
            max: timestamp(-(-max).div_euclid(1000)),
        },
        (Some(min), Some(max)) => Bounds { min: Some((*min).into()), max: Some((*max).into()) },
        _ => Bounds {
            min: texts.iter().min().map(|text| (*text).into()),
            max: texts.iter().max().map(|text| (*text).into()),
        },
    }
}

/// A time in Delta's statistics, which have milliseconds; `None` if the year has more than four
/// digits.
fn timestamp(time_ms: i64) -> Option<Value> {
    let time = jiff::Timestamp::from_millisecond(time_ms).ok()?;
    Some(format!("{time:.3}").into())
}
