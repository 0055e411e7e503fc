//! The state that `GET /status` shows.

use std::{collections::BTreeMap, time::Instant};

use serde::Serialize;

use crate::archive::spool::queue::Level;

/// What a partition is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Ours, but it is not known yet where to start.
    #[default]
    Waiting,
    /// It is read.
    Reading,
    /// It needs a decision by people.
    Stopped,
}

/// One partition of this instance.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Partition {
    pub(crate) partition: i32,
    pub(crate) phase: Phase,
    /// Why it waits or is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The log's name, as in column `kafka_cluster`.
    pub(crate) log: String,
    /// The next offset according to the lake.
    pub(crate) position: Option<i64>,
    /// The end of Kafka's log.
    pub(crate) high_watermark: Option<i64>,
    /// Messages in Kafka that are not in the lake.
    pub(crate) lag: Option<i64>,
    /// Messages that went into the lake, per second, between the last two commits.
    pub(crate) rate_per_s: f64,
    #[serde(skip)]
    pub(crate) committed: Option<Instant>,
}

/// The last commit.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Commit {
    /// How long ago it was, seconds.
    pub(crate) age_s: Option<u64>,
    /// How long it took, ms.
    pub(crate) took_ms: u64,
    /// Age of the oldest message in it when it was done, ms.
    pub(crate) batch_age_ms: u64,
    pub(crate) rows: usize,
    #[serde(skip)]
    pub(crate) at: Option<Instant>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct LakeState {
    pub(crate) answers: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct SpoolState {
    #[serde(flatten)]
    pub(crate) level: Level,
    /// Whether it takes no more batches.
    pub(crate) full: bool,
    /// Until Kafka may delete what only the spool has; `null` when nothing waits or the topic's
    /// retention is not known.
    pub(crate) retention_left_minutes: Option<i64>,
}

/// Everything about one topic.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Status {
    pub(crate) topic: String,
    /// The table that it is archived to.
    pub(crate) table: &'static str,
    /// Conditions that don't hold; empty while everything is archived as it comes.
    pub(crate) missing: Vec<String>,
    pub(crate) lake: LakeState,
    pub(crate) spool: SpoolState,
    pub(crate) commit: Commit,
    /// Rejected messages since the start, by reason.
    pub(crate) rejected: BTreeMap<&'static str, u64>,
    pub(crate) partitions: BTreeMap<i32, Partition>,
    #[serde(skip)]
    pub(crate) retention_ms: Option<i64>,
}
