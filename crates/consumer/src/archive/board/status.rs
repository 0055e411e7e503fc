//! The state that `GET /status` shows.

use std::{collections::BTreeMap, time::Instant};

use serde::Serialize;

use crate::archive::spool::Level;

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
pub(super) struct Partition {
    pub(super) partition: i32,
    pub(super) phase: Phase,
    /// Why it waits or is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The log's name, as in column `kafka_cluster`.
    pub(super) log: String,
    /// The next offset according to the lake.
    pub(super) position: Option<i64>,
    /// The end of Kafka's log.
    pub(super) high_watermark: Option<i64>,
    /// Messages in Kafka that are not in the lake.
    pub(super) lag: Option<i64>,
    /// Messages that went into the lake, per second, between the last two commits.
    pub(super) rate_per_s: f64,
    #[serde(skip)]
    pub(super) committed: Option<Instant>,
}

/// The last commit.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Commit {
    /// How long ago it was, seconds.
    pub(super) age_s: Option<u64>,
    /// How long it took, ms.
    pub(super) took_ms: u64,
    /// Age of the oldest message in it when it was done, ms.
    pub(super) batch_age_ms: u64,
    pub(super) rows: usize,
    #[serde(skip)]
    pub(super) at: Option<Instant>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct LakeState {
    pub(super) answers: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct SpoolState {
    #[serde(flatten)]
    pub(super) level: Level,
    /// Whether it takes no more batches.
    pub(super) full: bool,
    /// Until Kafka may delete what only the spool has; `null` when nothing waits or the topic's
    /// retention is not known.
    pub(super) retention_left_minutes: Option<i64>,
}

/// Everything about one topic.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Status {
    pub(super) topic: String,
    /// The table that it is archived to.
    pub(super) table: &'static str,
    /// Conditions that don't hold; empty while everything is archived as it comes.
    pub(super) missing: Vec<String>,
    pub(super) lake: LakeState,
    pub(super) spool: SpoolState,
    pub(super) commit: Commit,
    /// Rejected messages since the start, by reason.
    pub(super) rejected: BTreeMap<&'static str, u64>,
    pub(super) partitions: BTreeMap<i32, Partition>,
    #[serde(skip)]
    pub(super) retention_ms: Option<i64>,
}
