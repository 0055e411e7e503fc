//! The request for a start position, and its outcome.

use std::fmt;

use vitals_core::domain::log_id::LogId;
use vitals_lake::position::LastMessage;

/// A request for the start position of a partition.
#[derive(Debug, Clone)]
pub(crate) struct StartRequest {
    pub(crate) partition: i32,
    /// Returned with the response, so that an outdated response is recognized.
    pub(crate) ticket: u64,
    /// The progress in a partition that is being read already. Only Kafka's log is compared then.
    pub(crate) current: Option<Progress>,
    /// The stop of a log. It holds even while the table can't record it.
    pub(crate) stop: Option<(LogId, StopReason)>,
}

/// The progress in a log that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) log: LogId,
    /// The next offset.
    pub(crate) next: i64,
    /// The last message before it.
    pub(crate) last: Option<LastMessage>,
    /// The client's report that the log was truncated.
    pub(crate) truncation: Option<String>,
}

/// A request with its outcome.
#[derive(Debug)]
pub(crate) struct ResolvedStart {
    pub(crate) request: StartRequest,
    pub(crate) outcome: StartOutcome,
}

/// The outcome of a request.
#[derive(Debug)]
pub(crate) enum StartOutcome {
    Start(StartPosition),
    /// The partition that is being read must not be read on. The request stays open.
    Stopped,
}

/// The position at which reading a partition starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StartPosition {
    pub(crate) log: LogId,
    /// The next offset to cover.
    pub(crate) covered: i64,
    /// The offset to fetch from. Later than `covered` if Kafka deleted the offsets between.
    pub(crate) fetch: i64,
    /// The last archived message.
    pub(crate) last: Option<LastMessage>,
    /// The table has no position of the partition yet.
    pub(crate) is_new: bool,
}

/// The obstacle to a start position.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The lake or Kafka is unavailable; the resolver retries.
    Unavailable(anyhow::Error),
    /// The partition stops until an operator decides.
    Stopped(StopReason),
}

impl From<anyhow::Error> for StartError {
    fn from(error: anyhow::Error) -> Self {
        Self::Unavailable(error)
    }
}

/// The reason why a partition is stopped. Its text names the command that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The lake has this partition from another Kafka cluster.
    OtherCluster {
        /// The command that accepts the new log.
        accept: String,
    },
    /// Kafka's log ends before the archived position.
    Truncated {
        /// The next offset to archive.
        position: i64,
        /// The low watermark of Kafka's log.
        low: i64,
        /// The high watermark of Kafka's log.
        high: i64,
        /// The command that accepts the new log.
        accept: String,
    },
    /// Kafka's log has another message at the offset of an archived one.
    Replaced {
        /// The offset.
        offset: i64,
        /// The command that accepts the new log.
        accept: String,
    },
    /// The Kafka client found that the log was truncated.
    Reported {
        /// The client's description.
        report: String,
        /// The command that accepts the new log.
        accept: String,
    },
    /// The partition was stopped before this process started.
    Earlier {
        /// The time of the stop, RFC 3339.
        since: String,
        /// The next offset to archive.
        position: i64,
        /// The command that accepts the new log.
        accept: String,
    },
}

impl StopReason {
    /// Returns true for a stop that the table has to record.
    pub(super) const fn is_new(&self) -> bool {
        !matches!(self, Self::OtherCluster { .. } | Self::Earlier { .. })
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherCluster { accept } => write!(
                f,
                "the lake has archived this partition from another Kafka cluster. If this cluster \
                 replaces it, run `{accept}` to archive it as a new log; the rows of the old log \
                 stay. If not, set another lake.url"
            ),
            Self::Truncated { position, low, high, accept } => write!(
                f,
                "archived up to offset {position}, but Kafka's log ends at {high}: the topic was \
                 recreated or truncated. Run `{accept}` to archive its current content as a new \
                 log from offset {low}; the rows of the old log stay"
            ),
            Self::Replaced { offset, accept } => write!(
                f,
                "the message at offset {offset} is not the one that was archived: the topic was \
                 recreated, or a broker lost the end of its log. Run `{accept}` to archive its \
                 current content as a new log; the rows of the old log stay"
            ),
            Self::Reported { report, accept } => write!(
                f,
                "{report}. Run `{accept}` to archive the log's current content as a new log; the \
                 rows of the old log stay"
            ),
            Self::Earlier { since, position, accept } => write!(
                f,
                "stopped since {since} at offset {position}: Kafka's log was recreated or \
                 truncated. Run `{accept}` to archive its current content as a new log; the rows \
                 of the old log stay"
            ),
        }
    }
}
