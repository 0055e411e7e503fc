//! Rows that stand for offsets, cut to the offsets that are still without their message.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::{
    array::{Array as _, AsArray as _, Int64Array, RecordBatch, UInt64Array},
    compute::take_record_batch,
    datatypes::{DataType, Int32Type},
};
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

use super::{inspect::visit_rows, offsets::Offsets};
use crate::{
    columns::column,
    schema::{COVERS_TO, ERASED},
};

/// The rows of `batch` after the offsets `filled` of a partition got rows of their own. A row that
/// stands for some of them covers the rest only; it may become several, or none.
pub(super) fn cut(
    batch: &RecordBatch,
    log: &LogId,
    partition: i32,
    filled: &Offsets,
) -> anyhow::Result<RecordBatch> {
    let of_partition = rows_of(batch, log, partition)?;
    let mut kept = Vec::new();
    let mut starts = Vec::new();
    let mut ends = Vec::new();
    let mut row = 0;
    let stands = stands_for_offsets(batch)?;
    visit_rows(batch, |offsets| {
        let whole = OffsetRange { start: offsets.start, end: offsets.end };
        let rest = if stands[row] && of_partition[row] && offsets.reason != ERASED {
            let mut rest = Offsets::from(whole);
            rest -= filled;
            rest.ranges()
        } else {
            vec![whole]
        };
        for range in rest {
            kept.push(row as u64);
            starts.push(range.start);
            ends.push(if stands[row] { Some(range.end) } else { None });
        }
        row += 1;
    })?;
    let rows = take_record_batch(batch, &UInt64Array::from(kept))?;
    with_columns(&rows, Int64Array::from(starts), Int64Array::from(ends))
}

fn stands_for_offsets(batch: &RecordBatch) -> anyhow::Result<Vec<bool>> {
    let ends = batch.column_by_name(COVERS_TO).context("no column covers_to")?;
    Ok((0..batch.num_rows()).map(|row| ends.is_valid(row)).collect())
}

fn rows_of(batch: &RecordBatch, log: &LogId, partition: i32) -> anyhow::Result<Vec<bool>> {
    let logs = column(batch, "kafka_cluster", &DataType::Utf8)?;
    let logs = logs.as_string::<i32>();
    let partitions = column(batch, "kafka_partition", &DataType::Int32)?;
    let partitions = partitions.as_primitive::<Int32Type>();
    let rows = 0..batch.num_rows();
    Ok(rows
        .map(|row| logs.value(row) == log.as_str() && partitions.value(row) == partition)
        .collect())
}

fn with_columns(
    rows: &RecordBatch,
    starts: Int64Array,
    ends: Int64Array,
) -> anyhow::Result<RecordBatch> {
    let schema = rows.schema();
    let mut columns = rows.columns().to_vec();
    for (name, values) in [("kafka_offset", starts), (COVERS_TO, ends)] {
        columns[schema.index_of(name)?] = Arc::new(values);
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}
