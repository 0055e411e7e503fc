//! The partition in which a patient is watched, according to a published state.

use std::collections::BTreeSet;

use rdkafka::{Message as _, message::BorrowedMessage};
use serde::Deserialize;

use crate::metrics;

/// The order of two partitions that both have readings of a patient. The partition with the later
/// reading watches the patient; of two with the same arrival, the one with the higher id. All
/// instances come to the same decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Recency {
    /// Arrival of the patient's last reading, ms since the epoch.
    pub(super) arrival_ms: i64,
    pub(super) partition: i32,
}

/// The part of a state that names the partition in which its patient is watched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Home {
    pub(super) partition: i32,
    #[serde(default)]
    log: String,
    #[serde(default)]
    pub(super) owner: String,
    pub(super) next_offset: i64,
    last_arrival_ms: Option<i64>,
    watched_since_ms: i64,
    /// Partition and offset of the state itself.
    #[serde(skip)]
    pub(super) at: (i32, i64),
}

/// The partition that ends the alarms of `partition`: itself, or one of the `existing` ones if the
/// readings' topic was created again with fewer. `None` if there is no partition at all.
pub(super) fn heir(existing: &BTreeSet<i32>, partition: i32) -> Option<i32> {
    if existing.contains(&partition) {
        return Some(partition);
    }
    let index = usize::try_from(partition).unwrap_or_default().checked_rem(existing.len())?;
    existing.iter().nth(index).copied()
}

impl Home {
    /// Parses a state; `None` for a tombstone, and for a state of another release.
    pub(super) fn parse(message: &BorrowedMessage<'_>) -> Option<Self> {
        match serde_json::from_slice::<Self>(message.payload()?) {
            Ok(home) => Some(Self { at: (message.partition(), message.offset()), ..home }),
            // Of another release: the patient starts anew with the next reading.
            Err(error) => {
                tracing::debug!(%error, "a patient's state could not be read");
                metrics::count_watch_rejected(message.topic());
                None
            }
        }
    }

    pub(super) fn recency(&self) -> Recency {
        let arrival_ms = self.last_arrival_ms.unwrap_or(self.watched_since_ms);
        Recency { arrival_ms, partition: self.partition }
    }

    /// Returns true if the state replaces `known`, which was read before. The last one on the topic
    /// need not be the newest: an instance that has lost the partition may have written it.
    pub(super) fn replaces(&self, known: &Self) -> bool {
        if self.partition != known.partition {
            return self.recency() > known.recency();
        }
        self.log != known.log || self.next_offset >= known.next_offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(partition: i32, log: &str, next_offset: i64, last_arrival_ms: i64) -> Home {
        Home {
            partition,
            log: log.to_owned(),
            owner: "owner".to_owned(),
            next_offset,
            last_arrival_ms: Some(last_arrival_ms),
            watched_since_ms: 0,
            at: (0, 0),
        }
    }

    #[test]
    fn the_last_state_is_not_always_the_newest() {
        let known = home(1, "a", 50, 1_000);
        let cases = [
            (home(1, "a", 51, 900), true),
            (home(1, "a", 50, 1_000), true),
            // By an instance that has lost the partition.
            (home(1, "a", 49, 2_000), false),
            // The topic was created again.
            (home(1, "b", 0, 10), true),
            // The patient has moved to another partition, or the former owner is late.
            (home(2, "c", 3, 1_001), true),
            (home(2, "c", 3, 999), false),
        ];
        for (state, replaces) in cases {
            assert_eq!(state.replaces(&known), replaces, "{state:?}");
        }
    }

    #[test]
    fn a_partition_that_is_gone_has_one_heir() {
        let existing = BTreeSet::from([0, 1, 2]);
        let heirs = [0, 2, 3, 4, 11].map(|partition| heir(&existing, partition));
        assert_eq!(heirs, [Some(0), Some(2), Some(0), Some(1), Some(2)]);
        assert_eq!(heir(&BTreeSet::new(), 3), None);
    }

    #[test]
    fn of_two_partitions_with_the_same_arrival_exactly_one_has_the_patient() {
        let (lower, higher) = (home(1, "a", 50, 1_000), home(2, "c", 3, 1_000));
        assert!(higher.replaces(&lower) && !lower.replaces(&higher));
    }

    #[test]
    fn a_patient_without_a_reading_counts_since_the_first_message() {
        let state = Home { last_arrival_ms: None, watched_since_ms: 700, ..home(1, "a", 2, 0) };
        assert_eq!(state.recency(), Recency { arrival_ms: 700, partition: 1 });
    }
}
