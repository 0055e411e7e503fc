//! The rows that stand for erased offsets.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{
        Array as _, ArrayRef, AsArray as _, BooleanArray, Int32Array, Int64Array, RecordBatch,
        StringArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType},
};
use vitals_core::domain::offset_range::OffsetRange;

use crate::{
    columns::column,
    schema::{COVERS_TO, ERASED, REJECTED},
};

/// The erased offsets of a file, with the Kafka time of each, by log and partition.
#[derive(Default)]
pub(super) struct ErasedOffsets(BTreeMap<(String, i32), BTreeMap<i64, Option<i64>>>);

/// A run of erased offsets, with the Kafka time of the first.
struct Run<'a> {
    log: &'a str,
    partition: i32,
    range: OffsetRange,
    time_us: Option<i64>,
}

impl ErasedOffsets {
    /// Adds the rows of `rows`, which are erased.
    pub(super) fn add(&mut self, rows: &RecordBatch) -> anyhow::Result<()> {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let logs = column(rows, "kafka_cluster", &DataType::Utf8)?;
        let partitions = column(rows, "kafka_partition", &DataType::Int32)?;
        let offsets = column(rows, "kafka_offset", &DataType::Int64)?;
        let times = column(rows, "kafka_time", &time)?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        for row in 0..rows.num_rows() {
            let log = logs.as_string::<i32>().value(row).to_owned();
            let partition = partitions.as_primitive::<Int32Type>().value(row);
            let offset = offsets.as_primitive::<Int64Type>().value(row);
            let time_us = if times.is_valid(row) { Some(times.value(row)) } else { None };
            self.0.entry((log, partition)).or_default().insert(offset, time_us);
        }
        Ok(())
    }

    fn runs(&self) -> Vec<Run<'_>> {
        let mut runs: Vec<Run<'_>> = Vec::new();
        for ((log, partition), offsets) in &self.0 {
            let mut current: Option<Run<'_>> = None;
            for (offset, time_us) in offsets {
                match &mut current {
                    Some(run) if run.range.end == *offset => run.range.end += 1,
                    _ => {
                        runs.extend(current.take());
                        let range = OffsetRange { start: *offset, end: offset + 1 };
                        current =
                            Some(Run { log, partition: *partition, range, time_us: *time_us });
                    }
                }
            }
            runs.extend(current);
        }
        runs
    }

    /// One row for each run of consecutive offsets; the columns that it lacks are null.
    pub(super) fn rows(&self) -> anyhow::Result<RecordBatch> {
        let runs = self.runs();
        let logs = StringArray::from_iter_values(runs.iter().map(|run| run.log));
        let partitions = Int32Array::from_iter_values(runs.iter().map(|run| run.partition));
        let starts = Int64Array::from_iter_values(runs.iter().map(|run| run.range.start));
        let ends = Int64Array::from_iter_values(runs.iter().map(|run| run.range.end));
        let times = TimestampMicrosecondArray::from_iter(runs.iter().map(|run| run.time_us));
        let columns: [(&str, ArrayRef); 7] = [
            ("kafka_cluster", Arc::new(logs)),
            ("kafka_partition", Arc::new(partitions)),
            ("kafka_offset", Arc::new(starts)),
            ("kafka_time", Arc::new(times.with_timezone("UTC"))),
            ("reject_reason", Arc::new(StringArray::from(vec![ERASED; runs.len()]))),
            (COVERS_TO, Arc::new(ends)),
            (REJECTED, Arc::new(BooleanArray::from(vec![true; runs.len()]))),
        ];
        Ok(RecordBatch::try_from_iter(columns)?)
    }
}
