//! The response to a history query, built from the plan's rows.

use anyhow::Context as _;
use arrow::array::{Array as _, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use vitals_core::domain::vital::Vital;

use super::plan::{self, Aggregate};

/// The response to a query: one bucket for every stretch of time with at least one reading.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The length of a bucket, ms.
    pub bucket_ms: i64,
    /// The start of every bucket, ms since the epoch, a multiple of the length. The first bucket
    /// may start before the range does.
    pub time_ms: Vec<i64>,
    /// The vitals that were measured at least once. Every list is as long as `time_ms`.
    pub series: Vec<Series>,
    /// The number of readings in all buckets.
    pub rows: u64,
}

/// The aggregates of one vital. In a bucket without a measurement the values are `None` and the
/// count is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The vital.
    pub vital: Vital,
    /// The lowest value, in the vital's unit.
    pub min: Vec<Option<f64>>,
    /// The mean.
    pub avg: Vec<Option<f64>>,
    /// The highest value.
    pub max: Vec<Option<f64>>,
    /// The number of values.
    pub count: Vec<u64>,
}

impl History {
    pub(super) const fn empty(bucket_ms: i64) -> Self {
        Self { bucket_ms, time_ms: Vec::new(), series: Vec::new(), rows: 0 }
    }

    /// Collects the rows of the plan.
    pub(super) fn from_rows(
        batches: &[RecordBatch],
        vitals: &[Vital],
        bucket_ms: i64,
    ) -> anyhow::Result<Self> {
        let mut history = Self::empty(bucket_ms);
        for batch in batches {
            history.time_ms.extend(times(batch)?);
            history.rows += integers(batch, plan::ROWS)?.iter().sum::<u64>();
        }
        for vital in vitals {
            let series = Series::from_rows(batches, *vital)?;
            if series.count.iter().any(|count| *count > 0) {
                history.series.push(series);
            }
        }
        Ok(history)
    }
}

impl Series {
    fn from_rows(batches: &[RecordBatch], vital: Vital) -> anyhow::Result<Self> {
        let mut series =
            Self { vital, min: Vec::new(), avg: Vec::new(), max: Vec::new(), count: Vec::new() };
        for batch in batches {
            series.min.extend(floats(batch, &Aggregate::Min.column(vital))?);
            series.avg.extend(floats(batch, &Aggregate::Avg.column(vital))?);
            series.max.extend(floats(batch, &Aggregate::Max.column(vital))?);
            series.count.extend(integers(batch, &Aggregate::Count.column(vital))?);
        }
        Ok(series)
    }
}

fn typed<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> anyhow::Result<&'a T> {
    let column = batch.column_by_name(name).with_context(|| format!("no column {name}"))?;
    column
        .as_any()
        .downcast_ref()
        .with_context(|| format!("column {name} has type {}", column.data_type()))
}

fn times(batch: &RecordBatch) -> anyhow::Result<Vec<i64>> {
    let column: &TimestampMicrosecondArray = typed(batch, plan::BUCKET)?;
    Ok(column.values().iter().map(|us| us / 1000).collect())
}

fn floats(batch: &RecordBatch, name: &str) -> anyhow::Result<Vec<Option<f64>>> {
    Ok(typed::<Float64Array>(batch, name)?.iter().collect())
}

fn integers(batch: &RecordBatch, name: &str) -> anyhow::Result<Vec<u64>> {
    let column: &Int64Array = typed(batch, name)?;
    Ok(column.values().iter().map(|value| u64::try_from(*value).unwrap_or_default()).collect())
}
