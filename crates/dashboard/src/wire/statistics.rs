//! `GET /api/statistics` and `GET /api/statistics/live`: figures of a ward and a period.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use vitals_core::domain::news2::Band;

use super::{archived::ArchivedUpTo, vocabulary::VitalName};

/// The origin of statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatisticsSource {
    /// The dashboard's memory of the readings that arrived.
    Live,
    /// The lake.
    Lake,
}

/// The band of a score, or the reason that it has none.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ScoreBand {
    /// 7 or more.
    High,
    /// 5 or 6.
    Medium,
    /// 3 in one part.
    LowMedium,
    /// 0 to 4.
    Low,
    /// A part is missing, and the known ones reach no band above low.
    Incomplete,
    /// NEWS2 does not apply to the patient.
    NotApplicable,
}

impl ScoreBand {
    /// Every band, in falling order of acuity, then the scores without one.
    pub const ALL: [Self; 6] = [
        Self::High,
        Self::Medium,
        Self::LowMedium,
        Self::Low,
        Self::Incomplete,
        Self::NotApplicable,
    ];
}

impl From<Band> for ScoreBand {
    fn from(band: Band) -> Self {
        match band {
            Band::Low => Self::Low,
            Band::LowMedium => Self::LowMedium,
            Band::Medium => Self::Medium,
            Band::High => Self::High,
        }
    }
}

/// The readings of a bucket of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RateBucket {
    /// Start of the bucket.
    pub time_ms: i64,
    /// Number of readings.
    pub readings: u64,
    /// Readings a minute, over the part of the bucket that is within the period.
    pub per_minute: f64,
}

/// Time in a band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct BandTime {
    /// The band.
    #[ts(inline)]
    pub band: ScoreBand,
    /// The time of all patients together.
    pub duration_ms: i64,
}

/// The accepted values of a vital at their displayed precision. Percentiles are by nearest rank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ValueDistribution {
    /// Number of values.
    pub count: u64,
    /// Mean.
    pub mean: f64,
    /// Lowest value.
    pub min: f64,
    /// 5th percentile.
    pub p5: f64,
    /// 25th percentile.
    pub p25: f64,
    /// 50th percentile.
    pub median: f64,
    /// 75th percentile.
    pub p75: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Highest value.
    pub max: f64,
    /// Distance of two neighbouring values.
    pub step: f64,
    /// The value of the first count.
    pub first: f64,
    /// Number of values at each value from the lowest to the highest.
    pub counts: Vec<u64>,
}

/// The figures of a vital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct VitalStatistics {
    /// The vital.
    pub vital: VitalName,
    /// Share of the monitored time with a current value; `null` without monitored time.
    pub completeness: Option<f64>,
    /// Number of doubted values. They are not in the distribution.
    pub doubted: u64,
    /// The accepted values; `null` without any.
    #[ts(inline)]
    pub distribution: Option<ValueDistribution>,
}

/// Refused fields of accepted readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RefusedCount {
    /// Name of the field.
    pub field: String,
    /// Reason.
    pub reason: String,
    /// Device of the readings; `null` if they name none.
    pub device_id: Option<String>,
    /// Number of fields.
    pub count: u64,
}

/// Rejected messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RejectedCount {
    /// Reason.
    pub reason: String,
    /// Device that the messages name; `null` if none can be read.
    pub device_id: Option<String>,
    /// Number of messages.
    pub count: u64,
}

/// Statistics of a ward and a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Statistics {
    /// The origin.
    #[ts(inline)]
    pub source: StatisticsSource,
    /// The server's clock.
    pub server_time_ms: i64,
    /// Start of the period, inclusive.
    pub from_ms: i64,
    /// End of the period, exclusive.
    pub to_ms: i64,
    /// The ward; `null` for all.
    pub ward: Option<String>,
    /// Patients with a reading.
    pub patients: usize,
    /// Readings; one that was sent again counts once in the lake.
    pub readings: u64,
    /// Readings a minute; `null` for a period without length.
    pub readings_per_minute: Option<f64>,
    /// Length of a bucket of the rate.
    pub bucket_ms: i64,
    /// The readings in buckets of time.
    #[ts(inline)]
    pub rate: Vec<RateBucket>,
    /// Time for which the patients were monitored, of all together: until five minutes after their last
    /// reading.
    pub monitored_ms: i64,
    /// Time in each band, without the bands that no patient was in.
    #[ts(inline)]
    pub bands: Vec<BandTime>,
    /// The vitals.
    pub vitals: Vec<VitalStatistics>,
    /// The most frequent refused fields.
    #[ts(inline)]
    pub refused: Vec<RefusedCount>,
    /// Number of all refused fields.
    pub refused_total: u64,
    /// The most frequent rejections, of all wards.
    #[ts(inline)]
    pub rejected: Vec<RejectedCount>,
    /// Number of all rejected messages, of all wards.
    pub rejected_total: u64,
    /// The extent of the archived readings; `null` for live statistics.
    pub archived_up_to: Option<ArchivedUpTo>,
}
