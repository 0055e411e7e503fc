//! The response to a history query, built from the plan's rows.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use vitals_core::domain::vital::Vital;

use super::{
    clocks::Clocks,
    device_counts::{Device, DeviceCounts},
    patient_rows::PatientRows,
    request::HistoryQuery,
    summary::Summary,
};

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
    /// Every device with a reading in the range, also those whose readings do not count.
    pub devices: Vec<Device>,
}

/// The aggregates of one vital. Doubted values are not in them. In a bucket without a measurement the
/// values are `None` and the count is 0.
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
    /// The doubted values; `None` without any in the range.
    pub doubted: Option<Doubted>,
}

/// The doubted values of one vital: implausible or ambiguous, and not scored. In a bucket without one
/// the values are `None` and the count is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubted {
    /// The lowest doubted value, in the vital's unit.
    pub min: Vec<Option<f64>>,
    /// The highest doubted value.
    pub max: Vec<Option<f64>>,
    /// The number of doubted values.
    pub count: Vec<u64>,
}

/// The readings of one stretch of time.
struct Bucket {
    readings: u64,
    /// Accepted and doubted values of each vital.
    vitals: Vec<(Summary, Summary)>,
}

impl History {
    pub(super) const fn empty(bucket_ms: i64) -> Self {
        Self { bucket_ms, time_ms: Vec::new(), series: Vec::new(), rows: 0, devices: Vec::new() }
    }

    /// Aggregates the rows of the plan into buckets.
    pub(super) fn from_rows(
        batches: &[RecordBatch],
        query: &HistoryQuery<'_>,
        bucket_ms: i64,
    ) -> anyhow::Result<Self> {
        let batches = batches.iter().map(|batch| PatientRows::new(batch, query.vitals));
        let batches = batches.collect::<anyhow::Result<Vec<_>>>()?;
        let clocks = Clocks::of(&batches);
        let mut devices = DeviceCounts::new(query.vitals);
        let mut buckets = BTreeMap::new();
        for rows in &batches {
            for row in 0..rows.len() {
                let time_ms = clocks.place(rows, row);
                // A row was selected by the time as sent, or by its arrival.
                if !(query.from_ms..query.to_ms).contains(&time_ms) {
                    continue;
                }
                devices.add(rows, row);
                if query.device.is_none_or(|id| rows.device(row) == Some(id)) {
                    let start_ms = time_ms - time_ms.rem_euclid(bucket_ms);
                    let new = || Bucket::new(query.vitals.len());
                    buckets.entry(start_ms).or_insert_with(new).add(rows, row);
                }
            }
        }
        let found: Vec<_> = buckets.values().collect();
        let series = query.vitals.iter().enumerate();
        Ok(Self {
            bucket_ms,
            time_ms: buckets.keys().copied().collect(),
            rows: found.iter().map(|bucket| bucket.readings).sum(),
            series: series.filter_map(|(at, vital)| Series::new(*vital, at, &found)).collect(),
            devices: devices.into_devices(),
        })
    }
}

impl Bucket {
    fn new(vitals: usize) -> Self {
        Self { readings: 0, vitals: vec![Default::default(); vitals] }
    }

    fn add(&mut self, rows: &PatientRows, row: usize) {
        self.readings += 1;
        for (vital, value, is_doubted) in rows.values(row) {
            let (accepted, doubted) = &mut self.vitals[vital];
            if is_doubted { doubted.add(value) } else { accepted.add(value) }
        }
    }
}

impl Series {
    /// The series of the vital with this index in every bucket; `None` if it was never measured.
    fn new(vital: Vital, index: usize, buckets: &[&Bucket]) -> Option<Self> {
        let accepted = || buckets.iter().map(|bucket| &bucket.vitals[index].0);
        let doubted = || buckets.iter().map(|bucket| &bucket.vitals[index].1);
        let has_doubted = doubted().any(|values| values.count() > 0);
        if !has_doubted && accepted().all(|values| values.count() == 0) {
            return None;
        }
        Some(Self {
            vital,
            min: accepted().map(Summary::min).collect(),
            avg: accepted().map(Summary::mean).collect(),
            max: accepted().map(Summary::max).collect(),
            count: accepted().map(Summary::count).collect(),
            doubted: has_doubted.then(|| Doubted {
                min: doubted().map(Summary::min).collect(),
                max: doubted().map(Summary::max).collect(),
                count: doubted().map(Summary::count).collect(),
            }),
        })
    }
}
