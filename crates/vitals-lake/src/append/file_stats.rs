//! The statistics of a Parquet file as Delta's log has them, so that a query can skip files.

use deltalake::parquet::{
    file::{metadata::ParquetMetaData, statistics::Statistics},
    schema::types::ColumnDescriptor,
};
use serde_json::{Map, Value, json};

use crate::schema::Table;

/// The statistics of the indexed columns of `table`, as JSON.
pub(super) fn file_stats(file: &ParquetMetaData, table: &Table) -> String {
    let (mut least, mut most, mut nulls) = (Map::new(), Map::new(), Map::new());
    for (index, column) in file.file_metadata().schema_descr().columns().iter().enumerate() {
        let name = column.name();
        if !table.indexed.split(',').any(|indexed| indexed == name) {
            continue;
        }
        let Some(found) = column_statistics(file, index, column) else { continue };
        nulls.insert(name.to_owned(), found.nulls.into());
        // A bound that can't be told is left out; then no file is skipped for it.
        least.extend(found.least.map(|value| (name.to_owned(), value)));
        most.extend(found.most.map(|value| (name.to_owned(), value)));
    }
    let rows = file.file_metadata().num_rows();
    json!({"numRecords": rows, "minValues": least, "maxValues": most, "nullCount": nulls})
        .to_string()
}

struct Found {
    least: Option<Value>,
    most: Option<Value>,
    nulls: u64,
}

/// The bounds over all row groups; `None` when one of them has no statistics.
fn column_statistics(
    file: &ParquetMetaData,
    index: usize,
    column: &ColumnDescriptor,
) -> Option<Found> {
    let groups = file.row_groups().iter().map(|group| group.column(index).statistics());
    let groups: Vec<&Statistics> = groups.collect::<Option<_>>()?;
    let nulls = groups.iter().map(|group| group.null_count_opt()).sum::<Option<u64>>()?;
    let (least, most) = bounds(&groups, column.name() == "time");
    Some(Found { least, most, nulls })
}

fn bounds(groups: &[&Statistics], is_time: bool) -> (Option<Value>, Option<Value>) {
    let (mut numbers, mut texts) = (Vec::new(), Vec::new());
    for group in groups {
        match group {
            Statistics::Int32(found) => {
                let bounds = [found.min_opt(), found.max_opt()];
                numbers.extend(bounds.into_iter().flatten().map(|bound| i64::from(*bound)));
            }
            Statistics::Int64(found) => {
                numbers.extend([found.min_opt(), found.max_opt()].into_iter().flatten().copied());
            }
            // The writer has shortened them: a least value down, a most value up.
            Statistics::ByteArray(found) => texts.extend(
                [found.min_opt(), found.max_opt()]
                    .into_iter()
                    .flatten()
                    .filter_map(|bound| bound.as_utf8().ok()),
            ),
            _ => {}
        }
    }
    let text = |bound: Option<&&str>| bound.map(|bound| Value::from(*bound));
    match (numbers.iter().min(), numbers.iter().max()) {
        (Some(least), Some(most)) if is_time => {
            (time(least.div_euclid(1000)), time(-(-most).div_euclid(1000)))
        }
        (Some(least), Some(most)) => (Some((*least).into()), Some((*most).into())),
        _ => (text(texts.iter().min()), text(texts.iter().max())),
    }
}

/// Delta has times in milliseconds; `None` when the year has more than four digits.
fn time(time_ms: i64) -> Option<Value> {
    let time = jiff::Timestamp::from_millisecond(time_ms).ok()?;
    Some(format!("{time:.3}").into())
}
