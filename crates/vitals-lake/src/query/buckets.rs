//! How long a bucket is, and the answer.

use anyhow::Context as _;
use deltalake::arrow::{
    array::{Array as _, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::DataType,
};
use vitals_core::domain::vital::Vital;

use super::{Question, plan};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Lengths that divide the next unit of a clock, so that a bucket begins on a round time.
#[rustfmt::skip]
const LENGTHS: [i64; 27] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500,
    SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
    MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
    DAY,
];

/// The answer: a bucket for every stretch of time with at least one reading.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Length of a bucket, ms.
    pub bucket_ms: i64,
    /// First moment of every bucket, ms since the epoch, a multiple of the length; the first
    /// may begin before the range does.
    pub time_ms: Vec<i64>,
    /// The vitals that were measured at all; every list is as long as `time_ms`.
    pub series: Vec<Series>,
    /// Readings in all buckets.
    pub rows: u64,
}

/// One vital. In a bucket without a measurement the numbers are `None` and the count is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Which.
    pub vital: Vital,
    /// The lowest value, in the vital's unit.
    pub min: Vec<Option<f64>>,
    /// The mean.
    pub avg: Vec<Option<f64>>,
    /// The highest value.
    pub max: Vec<Option<f64>>,
    /// Number of values.
    pub count: Vec<u64>,
}

impl History {
    pub(super) const fn empty(bucket_ms: i64) -> Self {
        Self { bucket_ms, time_ms: Vec::new(), series: Vec::new(), rows: 0 }
    }
}

/// The shortest length with which the range takes at most `points` buckets.
pub(super) fn length(question: &Question<'_>) -> i64 {
    let points = i64::try_from(question.points).unwrap_or(i64::MAX);
    let fits = |length: &i64| {
        let (first, last) = (question.from_ms / length, (question.to_ms - 1) / length);
        last - first < points
    };
    LENGTHS.into_iter().find(fits).unwrap_or_else(|| {
        // Whole days; a range of so many touches one bucket more than it fills.
        let span = question.to_ms - question.from_ms;
        let days = span / ((points - 1).max(1) * DAY) + 1;
        days * DAY
    })
}

/// The rows of the plan as an answer.
pub(super) fn collect(
    batches: &[RecordBatch],
    vitals: &[Vital],
    bucket_ms: i64,
) -> anyhow::Result<History> {
    let mut history = History::empty(bucket_ms);
    for batch in batches {
        history.time_ms.extend(times(batch)?);
        history.rows += integers(batch, plan::ROWS)?.iter().sum::<u64>();
    }
    for vital in vitals {
        let series = series(batches, *vital)?;
        if series.count.iter().any(|count| *count > 0) {
            history.series.push(series);
        }
    }
    Ok(history)
}

fn series(batches: &[RecordBatch], vital: Vital) -> anyhow::Result<Series> {
    let numbers = |aggregate| -> anyhow::Result<Vec<Option<f64>>> {
        let name = plan::column(vital.name(), aggregate);
        Ok(batches
            .iter()
            .map(|batch| floats(batch, &name))
            .collect::<Result<Vec<_>, _>>()?
            .concat())
    };
    let name = plan::column(vital.name(), "count");
    let counts: Result<Vec<_>, _> = batches.iter().map(|batch| integers(batch, &name)).collect();
    Ok(Series {
        vital,
        min: numbers("min")?,
        avg: numbers("avg")?,
        max: numbers("max")?,
        count: counts?.concat(),
    })
}

fn typed<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> anyhow::Result<&'a T> {
    let column = batch.column_by_name(name).with_context(|| format!("no column {name}"))?;
    let kind = || format!("column {name} is {}", DataType::clone(column.data_type()));
    column.as_any().downcast_ref().with_context(kind)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{MAX_POINTS, MAX_TIME_MS, MIN_POINTS};

    fn question(from_ms: i64, to_ms: i64, points: usize) -> Question<'static> {
        Question { patient_id: "p", from_ms, to_ms, points, vitals: &[] }
    }

    #[test]
    fn lengths_are_round() {
        let cases = [
            (15 * MINUTE, 600, 2 * SECOND),
            (HOUR, 600, 10 * SECOND),
            (6 * HOUR, 600, MINUTE),
            (DAY, 600, 5 * MINUTE),
            (7 * DAY, 600, 30 * MINUTE),
            (365 * DAY, 100, 4 * DAY),
            (2000, 2000, 1),
        ];
        for (span, points, expected) in cases {
            let from = 1_763_812_800_000;
            assert_eq!(length(&question(from, from + span, points)), expected, "{span} ms");
        }
    }

    #[test]
    fn every_length_divides_a_day() {
        for pair in LENGTHS.windows(2) {
            assert!(pair[0] < pair[1] && DAY % pair[0] == 0, "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn there_are_never_more_buckets_than_points(
            from in 0..MAX_TIME_MS - 1,
            span in prop_oneof![1..DAY, 1..40_000 * DAY],
            points in MIN_POINTS..=MAX_POINTS,
        ) {
            let question = question(from, (from + span).min(MAX_TIME_MS), points);
            question.validate().unwrap();
            let length = length(&question);
            let buckets = (question.to_ms - 1) / length - from / length + 1;
            prop_assert!(buckets <= points as i64, "{} buckets of {}", buckets, length);
        }
    }
}
