//! The status of one topic, as `GET /status` responds.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde::{Serialize, Serializer};

use crate::archive::spool::SpoolLevel;

/// The status of one topic.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TopicStatus {
    pub(super) topic: String,
    /// The table that the topic is archived to.
    pub(super) table: &'static str,
    /// Readiness conditions that are not met. Empty while the archive keeps up.
    pub(super) missing: Vec<String>,
    pub(super) lake: LakeStatus,
    pub(super) spool: SpoolStatus,
    pub(super) commit: CommitStatus,
    /// Kafka's timestamp type of the topic; `null` while it is unknown.
    pub(super) timestamp_type: Option<TimestampType>,
    /// Rejected messages since the start, by reason.
    pub(super) rejected: BTreeMap<&'static str, u64>,
    #[serde(serialize_with = "values")]
    pub(super) partitions: BTreeMap<i32, PartitionStatus>,
    /// The topic's `retention.ms`. `None` if it is unknown or unlimited.
    #[serde(skip)]
    pub(super) retention_ms: Option<i64>,
}

impl TopicStatus {
    /// The reasons why partitions are not read; empty if all are.
    pub(super) fn obstacles(&self) -> String {
        let mut obstacles = Vec::new();
        let stopped = self.partitions.values().filter(|it| it.phase == Phase::Stopped);
        let stopped: Vec<i32> = stopped.map(|it| it.partition).collect();
        if !stopped.is_empty() {
            obstacles.push(format!("stopped: {stopped:?}"));
        }
        // Partitions mostly fail together, with the same error.
        let mut failed: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for partition in self.partitions.values() {
            let unavailable = partition.reason.as_ref().filter(|_| partition.unavailable);
            if let Some(error) = partition.fetch_error.as_ref().or(unavailable) {
                failed.entry(error).or_default().push(partition.partition);
            }
        }
        for (error, partitions) in failed {
            obstacles.push(format!("not read: {partitions:?}: {error}"));
        }
        obstacles.join("; ")
    }
}

/// Availability of the lake.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct LakeStatus {
    /// The last request succeeded.
    pub(super) answers: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// The spool.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct SpoolStatus {
    #[serde(flatten)]
    pub(super) level: SpoolLevel,
    /// The spool accepts no batch.
    pub(super) full: bool,
    /// Time until Kafka may delete messages that only the spool has. `null` while the spool is
    /// empty or the topic's retention is unknown.
    pub(super) retention_left_minutes: Option<i64>,
}

/// The last commit.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct CommitStatus {
    /// Time since the commit, seconds.
    pub(super) age_s: Option<u64>,
    /// Duration of the commit, milliseconds.
    pub(super) took_ms: u64,
    /// Age of its oldest message when it was committed, milliseconds.
    pub(super) batch_age_ms: u64,
    pub(super) rows: usize,
    #[serde(skip)]
    pub(super) at: Option<Instant>,
}

/// One partition assigned to this instance.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct PartitionStatus {
    pub(super) partition: i32,
    pub(super) phase: Phase,
    /// The reason why it is waiting or stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// It can't be read, for that reason.
    #[serde(skip)]
    pub(super) unavailable: bool,
    /// The error of the last fetch. No message arrived since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fetch_error: Option<String>,
    /// The lag of a partition that has made no progress for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stalled: Option<String>,
    /// The last check that found the position moved or nothing left to archive; `None` since the
    /// phase changed.
    #[serde(skip)]
    pub(super) progressed: Option<Instant>,
    /// The position at the last check.
    #[serde(skip)]
    pub(super) checked_position: Option<i64>,
    /// The offset before which no transaction is open.
    #[serde(skip)]
    pub(super) stable_end: Option<i64>,
    /// The log's identity, as in column `kafka_cluster`.
    pub(super) log: String,
    /// The next offset to archive, according to the lake.
    pub(super) position: Option<i64>,
    /// The high watermark of Kafka's log.
    pub(super) high_watermark: Option<i64>,
    /// Messages in Kafka that are not in the lake.
    pub(super) lag: Option<i64>,
    /// Messages archived per second between the last two commits; 0 once the next one is overdue.
    pub(super) rate_per_s: f64,
    /// The time between the last two commits.
    #[serde(skip)]
    pub(super) interval: Duration,
    /// The time of the last commit.
    #[serde(skip)]
    pub(super) committed: Option<Instant>,
}

/// The phase of an assigned partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Its start position is being resolved.
    #[default]
    Waiting,
    /// It is being read.
    Reading,
    /// It needs a decision by an operator.
    Stopped,
}

impl Phase {
    pub(super) const ALL: [Self; 3] = [Self::Waiting, Self::Reading, Self::Stopped];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Reading => "reading",
            Self::Stopped => "stopped",
        }
    }
}

/// The meaning of the timestamps of a topic's messages, in Kafka's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum TimestampType {
    /// The sender sets them.
    CreateTime,
    /// The broker sets them, when it appends the message.
    LogAppendTime,
}

fn values<S: Serializer>(
    partitions: &BTreeMap<i32, PartitionStatus>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(partitions.values())
}
