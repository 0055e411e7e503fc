//! The counts of a replay.

use std::collections::BTreeMap;

/// The messages that were rejected for one reason, by their fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages decoded again.
    pub read: u64,
    /// Messages that are valid now.
    pub valid: u64,
    /// Messages that are rejected for another reason or with another detail.
    pub changed: u64,
}

/// The counts by the code of the reason.
pub type Counts = BTreeMap<String, Count>;
