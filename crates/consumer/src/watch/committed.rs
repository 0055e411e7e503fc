//! The metadata that the watch commits with an offset.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitals_lake::position::LastMessage;

/// Kafka's default limit of an offset's metadata, bytes.
const MAX_BYTES: usize = 4096;

/// The positions from which a later owner of a partition restores its state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The first reading that the published states may not include.
    pub(super) replay_from: i64,
    /// By partition of `alerts`: every alert that a reading at or behind the committed offset
    /// has caused is at this offset or behind it.
    pub(super) alerts: BTreeMap<i32, i64>,
    /// The id of the log that was read. States of other logs are those of a topic that is gone.
    #[serde(default)]
    pub(super) log: String,
    /// The id of the assignment. Every state of the partition was published under it; a state of
    /// another assignment was written by an instance that no longer owned the partition.
    #[serde(default)]
    pub(super) owner: String,
    /// Offset and fingerprint of the last message that was judged.
    #[serde(default)]
    last: Option<(i64, u32)>,
}

impl Checkpoint {
    /// A checkpoint of log and owner `origin`.
    pub(super) fn new(
        replay_from: i64,
        alerts: BTreeMap<i32, i64>,
        origin: &Origin,
        last: Option<LastMessage>,
    ) -> Self {
        let Origin { log, owner } = origin.clone();
        let last = last.map(|last| (last.offset, last.fingerprint));
        Self { replay_from, alerts, log, owner, last }
    }

    /// The last message that was judged.
    pub(super) fn last(&self) -> Option<LastMessage> {
        self.last.map(|(offset, fingerprint)| LastMessage { offset, fingerprint })
    }

    /// The metadata of an offset. Without the alerts' offsets if those are too many: the later
    /// owner then reads all alerts.
    pub(super) fn encode(&self) -> String {
        let encode = |checkpoint: &Self| serde_json::to_string(checkpoint).unwrap_or_default();
        let text = encode(self);
        if text.len() <= MAX_BYTES {
            return text;
        }
        encode(&Self { alerts: BTreeMap::new(), ..self.clone() })
    }

    /// Parses an offset's metadata; `None` if another program wrote it.
    pub(super) fn parse(metadata: &str) -> Option<Self> {
        serde_json::from_str(metadata).ok()
    }
}

/// The origin of a state: the log of the readings, and the assignment under which it was published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) log: String,
    pub(super) owner: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_survives_the_round_trip_and_never_exceeds_kafkas_limit() {
        let origin = Origin { log: "log".to_owned(), owner: "owner".to_owned() };
        let last = Some(LastMessage { offset: 11, fingerprint: u32::MAX });
        let small = Checkpoint::new(7, BTreeMap::from([(0, 12), (3, 4)]), &origin, last);
        assert_eq!(Checkpoint::parse(&small.encode()), Some(small.clone()));
        assert_eq!(small.last(), last);
        let alerts = (0..400).map(|partition| (partition, 1_000_000_000_000));
        let large = Checkpoint::new(7, alerts.collect(), &origin, last);
        let expected = Checkpoint { alerts: BTreeMap::new(), ..small };
        assert!(large.encode().len() <= MAX_BYTES);
        assert_eq!(Checkpoint::parse(&large.encode()), Some(expected));
        assert_eq!(Checkpoint::parse("by a tool"), None);
    }

    #[test]
    fn a_checkpoint_of_an_earlier_release_has_neither_log_nor_owner() {
        let parsed = Checkpoint::parse(r#"{"replay_from":7,"alerts":{"0":12}}"#).unwrap();
        assert_eq!((parsed.log.as_str(), parsed.owner.as_str(), parsed.last()), ("", "", None));
    }
}
