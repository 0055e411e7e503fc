//! The findings of an audit.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

/// A partition's log: the log's identity, and the partition.
pub type LogPartition = (LogId, i32);

/// The messages that are summed a second time, see [`PartitionAudit::selected`].
pub type Selections = BTreeMap<LogPartition, Selected>;

/// A selection of a partition's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// The messages from an offset on.
    From(i64),
    /// The messages at these offsets: a compacted topic has lost those between.
    At(BTreeSet<i64>),
}

impl Selected {
    /// Returns true if the message at `offset` is selected.
    pub(super) fn contains(&self, offset: i64) -> bool {
        match self {
            Self::From(first) => offset >= *first,
            Self::At(offsets) => offsets.contains(&offset),
        }
    }
}

/// The number of messages and their checksum, see [`checksum`](crate::checksum).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The number of messages.
    pub messages: i64,
    /// The sum of the row hashes modulo 2^64, in JSON as 16 hexadecimal digits.
    #[serde(serialize_with = "hexadecimal")]
    pub checksum: u64,
}

impl Totals {
    /// Adds one message by the hash of its row.
    pub(super) const fn add(&mut self, hash: u64) {
        self.messages += 1;
        self.checksum = self.checksum.wrapping_add(hash);
    }

    pub(super) const fn merge(&mut self, other: Self) {
        self.messages += other.messages;
        self.checksum = self.checksum.wrapping_add(other.checksum);
    }
}

/// The audit of one Kafka partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionAudit {
    /// The log's identity, as in column `kafka_cluster`.
    #[serde(rename = "cluster")]
    pub log: LogId,
    /// The partition.
    pub partition: i32,
    /// The first offset that is covered.
    pub first: i64,
    /// The next offset to read according to the table's log. `None` is a finding.
    pub position: Option<i64>,
    /// The number of valid messages.
    pub stored: i64,
    /// The number of rejected messages.
    pub rejected: i64,
    /// The totals of all messages, valid and rejected.
    pub total: Totals,
    /// The totals of the selected messages.
    pub selected: Totals,
    /// The number of rows with an offset that another row already has. Each is a finding.
    pub duplicates: u64,
    /// The offsets with more than one row.
    pub overlaps: Vec<OffsetRange>,
    /// The offsets without a row between the first one and the position. Each is a finding.
    pub gaps: Vec<OffsetRange>,
    /// The stored offsets at and past the position. A finding.
    pub past_position: Option<OffsetRange>,
    /// The offsets that Kafka deleted before they were archived. They are covered, so the archive
    /// made no error, but their readings are gone.
    pub lost: Vec<OffsetRange>,
    /// The offsets whose rows were erased on purpose.
    pub erased: Vec<OffsetRange>,
    /// The partition is stopped: what Kafka has now is not archived until a decision. A finding.
    pub stopped: bool,
    /// The number of offsets that never held a message, such as transaction markers.
    pub no_message: u64,
}

impl PartitionAudit {
    /// Returns true if every offset from the first one to the position is covered exactly once,
    /// and the partition is not stopped.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.position.is_some()
            && self.duplicates == 0
            && self.gaps.is_empty()
            && self.past_position.is_none()
            && !self.stopped
    }
}

/// The audit of one version of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The table's name.
    pub table: String,
    /// The table's version.
    pub version: u64,
    /// The partitions, ordered by log and partition.
    pub partitions: Vec<PartitionAudit>,
}

impl Audit {
    /// Returns true if every partition is clean.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.partitions.iter().all(PartitionAudit::is_clean)
    }
}

fn hexadecimal<S: Serializer>(checksum: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{checksum:016x}"))
}
