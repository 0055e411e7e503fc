//! The identity of a partition's log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The generation of a log that was never recreated.
pub const FIRST_GENERATION: i64 = 1;

/// The identity of a partition's log, as in column `kafka_cluster`: the cluster's id, followed by
/// `#<generation>` if the log was recreated and accepted as a new one. Offsets are comparable
/// only within one log.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(String);

impl LogId {
    /// The identity of a log of `cluster` in a generation.
    #[must_use]
    pub fn new(cluster: &str, generation: i64) -> Self {
        if generation <= FIRST_GENERATION {
            Self(cluster.to_owned())
        } else {
            Self(format!("{cluster}#{generation}"))
        }
    }

    /// The identity as stored in column `kafka_cluster`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the log's cluster.
    #[must_use]
    pub fn cluster(&self) -> &str {
        self.0.split('#').next().unwrap_or_default()
    }

    /// Returns true for a log that replaced an earlier one of the same partition.
    #[must_use]
    pub fn is_recreated(&self) -> bool {
        self.0.contains('#')
    }
}

impl From<String> for LogId {
    fn from(stored: String) -> Self {
        Self(stored)
    }
}

impl From<LogId> for String {
    fn from(log: LogId) -> Self {
        log.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_log_has_its_generation_in_its_identity() {
        let ids = [LogId::new("c1", 1), LogId::new("c1", 2)];
        assert_eq!(ids.each_ref().map(LogId::as_str), ["c1", "c1#2"]);
        assert_eq!(ids.each_ref().map(LogId::cluster), ["c1", "c1"]);
        assert_eq!(ids.map(|id| id.is_recreated()), [false, true]);
    }
}
