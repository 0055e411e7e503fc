//! The request for a start position, and its outcome.

use vitals_core::domain::log_id::LogId;

use std::fmt;

/// A request for the start position of a partition.
#[derive(Debug, Clone)]
pub(crate) struct StartRequest {
    pub(crate) partition: i32,
    /// Returned with the response, so that an outdated response is recognized.
    pub(crate) ticket: u64,
    /// The log and the next offset of a partition that is being read already. Only Kafka's log is
    /// compared then.
    pub(crate) current: Option<(LogId, i64)>,
}

/// A request with its start position.
#[derive(Debug)]
pub(crate) struct ResolvedStart {
    pub(crate) request: StartRequest,
    pub(crate) start: StartPosition,
}

/// The position at which reading a partition starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StartPosition {
    pub(crate) log: LogId,
    /// The next offset to cover.
    pub(crate) covered: i64,
    /// The offset to fetch from. Later than `covered` if Kafka deleted the offsets between.
    pub(crate) fetch: i64,
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
        }
    }
}
