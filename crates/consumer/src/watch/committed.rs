//! The metadata that the watch commits with an offset.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Kafka's default limit of an offset's metadata, bytes.
const MAX_BYTES: usize = 4096;

/// The places from which a later owner of a partition restores its state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The first reading that the published states may not include.
    pub(super) replay_from: i64,
    /// By partition of `alerts`: every alert that a reading at or behind the committed offset
    /// has caused is at this offset or behind it.
    pub(super) alerts: BTreeMap<i32, i64>,
}

impl Checkpoint {
    /// The metadata of an offset. Without the alerts' offsets if those are too many: the later
    /// owner then reads all alerts.
    pub(super) fn encode(&self) -> String {
        let encode = |checkpoint: &Self| serde_json::to_string(checkpoint).unwrap_or_default();
        let text = encode(self);
        if text.len() <= MAX_BYTES {
            return text;
        }
        encode(&Self { replay_from: self.replay_from, alerts: BTreeMap::new() })
    }

    /// Parses an offset's metadata; `None` if another program wrote it.
    pub(super) fn parse(metadata: &str) -> Option<Self> {
        serde_json::from_str(metadata).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_survives_the_round_trip_and_never_exceeds_kafkas_limit() {
        let small = Checkpoint { replay_from: 7, alerts: BTreeMap::from([(0, 12), (3, 4)]) };
        assert_eq!(Checkpoint::parse(&small.encode()), Some(small));
        let alerts = (0..400).map(|partition| (partition, 1_000_000_000_000));
        let large = Checkpoint { replay_from: 7, alerts: alerts.collect() };
        let expected = Checkpoint { replay_from: 7, alerts: BTreeMap::new() };
        assert!(large.encode().len() <= MAX_BYTES);
        assert_eq!(Checkpoint::parse(&large.encode()), Some(expected));
        assert_eq!(Checkpoint::parse("by a tool"), None);
    }
}
