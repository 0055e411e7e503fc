//! `GET /api/pipeline`: the services as they report themselves.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::status::UpDown;

/// The state of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ServiceReport {
    /// Name of the service, for example `consumer`.
    pub service: String,
    /// Its address.
    pub url: String,
    /// Down if it does not respond.
    #[ts(inline)]
    pub health: UpDown,
    /// True if it responds and all conditions of its readiness hold.
    pub ready: bool,
    /// The conditions that do not hold, or the error of the request.
    pub reasons: Vec<String>,
    /// Time of the request.
    pub checked_ms: i64,
    /// Time of the last response; `null` before the first.
    pub responded_ms: Option<i64>,
}

/// State of the lake for a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ArchiveLake {
    /// The last request to the lake succeeded.
    pub answers: bool,
}

/// Batches on the consumer's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ArchiveSpool {
    /// Number of batches.
    pub batches: u64,
    /// Their size.
    pub bytes: u64,
    /// Age of the oldest message, s.
    pub oldest_s: u64,
    /// Damaged files that are kept aside.
    pub quarantined: u64,
    /// The spool accepts no further batch.
    pub full: bool,
}

/// The last commit of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ArchiveCommit {
    /// Age, s; `null` before the first.
    pub age_s: Option<u64>,
    /// Duration, ms.
    pub took_ms: u64,
    /// Age of the batch's oldest message at the commit, ms: the time from Kafka to the lake.
    pub batch_age_ms: u64,
    /// Rows of the batch.
    pub rows: u64,
}

/// A partition that a consumer reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ArchivePartition {
    /// Number of the partition.
    pub partition: i32,
    /// `waiting`, `reading` or `stopped`.
    pub phase: String,
    /// The reason why it is waiting or stopped.
    #[serde(default)]
    pub reason: Option<String>,
    /// The error of the last fetch; no message arrived since.
    #[serde(default)]
    pub fetch_error: Option<String>,
    /// Next offset to archive; `null` while it is not known.
    pub position: Option<i64>,
    /// Offset after the last message; `null` while it is not known.
    pub high_watermark: Option<i64>,
    /// Messages that are not in the lake; `null` while it is not known.
    pub lag: Option<i64>,
    /// Messages archived per second.
    pub rate_per_s: f64,
}

/// The archive of a topic by one consumer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ArchiveTopic {
    /// The topic.
    pub topic: String,
    /// Its table.
    pub table: String,
    /// Conditions that do not hold.
    pub missing: Vec<String>,
    /// The lake.
    #[ts(inline)]
    pub lake: ArchiveLake,
    /// The spool.
    #[ts(inline)]
    pub spool: ArchiveSpool,
    /// The last commit.
    #[ts(inline)]
    pub commit: ArchiveCommit,
    /// The partitions that this consumer reads.
    #[ts(inline)]
    pub partitions: Vec<ArchivePartition>,
}

/// Space of the lake's storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ArchiveStorage {
    /// Capacity; `null` without a limit.
    pub capacity_bytes: Option<u64>,
    /// Used part of the capacity.
    pub used_bytes: Option<u64>,
    /// Bytes that can still be written; `null` without a limit.
    pub remaining_bytes: Option<u64>,
    /// Bytes of the lake.
    pub lake_bytes: Option<u64>,
    /// Files of the lake.
    pub lake_files: Option<u64>,
    /// Age of the measurement, s; `null` before the first.
    pub age_s: Option<u64>,
    /// The reason for which the last measurement failed.
    pub error: Option<String>,
}

/// The archive by one consumer: the part of its `/status` that the page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Archive {
    /// Address of the consumer.
    #[serde(default)]
    pub url: String,
    /// The topics.
    pub topics: Vec<ArchiveTopic>,
    /// The storage; `null` before the first measurement.
    #[ts(inline)]
    pub storage: Option<ArchiveStorage>,
}

/// A figure with a trend.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PipelineFigure {
    /// Readings that reach the dashboard per second.
    Readings,
    /// Messages that Kafka acknowledged to the producers per second.
    Produced,
    /// Messages archived per second.
    Archived,
    /// Messages in Kafka that are not in the lake.
    Lag,
    /// Age of the newest reading on the dashboard, ms.
    NewestAge,
    /// Time from Kafka to the lake at the last commit of readings, ms.
    LakeDelay,
    /// Batches in the spools.
    Spooled,
    /// Predictions per second.
    Predictions,
}

impl PipelineFigure {
    /// Every figure, in the order of the page.
    pub const ALL: [Self; 8] = [
        Self::Readings,
        Self::Produced,
        Self::Archived,
        Self::Lag,
        Self::NewestAge,
        Self::LakeDelay,
        Self::Spooled,
        Self::Predictions,
    ];
}

/// A figure over the last hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct PipelineTrend {
    /// The figure.
    #[ts(inline)]
    pub figure: PipelineFigure,
    /// A value per point of `Pipeline::trend_times_ms`; `null` where it is unknown.
    pub values: Vec<Option<f64>>,
}

/// The pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Pipeline {
    /// The server's clock.
    pub server_time_ms: i64,
    /// Polling interval of the services.
    pub interval_ms: u64,
    /// The services; empty before the first poll.
    pub services: Vec<ServiceReport>,
    /// The archive by each consumer that responds.
    pub archives: Vec<Archive>,
    /// Patients on the ward.
    pub patients: usize,
    /// Open event streams of browsers.
    pub browsers: usize,
    /// Times of the trends' points, oldest first.
    pub trend_times_ms: Vec<i64>,
    /// The trends.
    pub trends: Vec<PipelineTrend>,
}
