//! `GET /api/patients/{id}/history`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{archived::ArchivedUpTo, vocabulary::VitalName};

/// One vital's history. Each list has an entry per bucket. Doubted values are not in the minimum, mean,
/// maximum and count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct HistorySeries {
    /// Lowest values.
    pub min: Vec<Option<f64>>,
    /// Means.
    pub avg: Vec<Option<f64>>,
    /// Highest values.
    pub max: Vec<Option<f64>>,
    /// Number of values.
    pub count: Vec<u64>,
    /// The doubted values; `null` if the range has none.
    pub doubted: Option<DoubtedSeries>,
}

/// One vital's doubted values: implausible or ambiguous, shown with a mark, not scored. Each list has an
/// entry per bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct DoubtedSeries {
    /// Lowest doubted values.
    pub min: Vec<Option<f64>>,
    /// Highest doubted values.
    pub max: Vec<Option<f64>>,
    /// Number of doubted values.
    pub count: Vec<u64>,
}

/// A patient's history in time buckets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct History {
    /// The patient's id.
    pub patient_id: String,
    /// Start of the requested range, inclusive.
    pub from_ms: i64,
    /// End of the requested range, exclusive.
    pub to_ms: i64,
    /// Length of a bucket.
    pub bucket_ms: i64,
    /// Start of each bucket that has readings.
    pub time_ms: Vec<i64>,
    /// The measured vitals.
    pub series: BTreeMap<VitalName, HistorySeries>,
    /// Readings in all buckets.
    pub rows: u64,
    /// The extent of the archived readings.
    pub archived_up_to: ArchivedUpTo,
    /// The device whose readings alone are in the buckets; `null` if those of all devices are, whose values
    /// are averaged together.
    pub device: Option<String>,
    /// Every device with a reading in the range, in the order of their ids.
    pub devices: Vec<HistoryDevice>,
}

/// A device that measured the patient in the range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct HistoryDevice {
    /// `null` for readings without a device id.
    pub device_id: Option<String>,
    /// Number of its readings.
    pub readings: u64,
    /// Number of its values, accepted or doubted, of each vital that it measured.
    pub values: BTreeMap<VitalName, u64>,
}
