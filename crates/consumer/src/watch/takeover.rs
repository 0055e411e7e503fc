//! The alerts that an earlier owner of a partition may have sent ahead of its committed offset.

use std::collections::BTreeMap;

/// Time after a takeover for which the earlier owner's alerts are kept.
const SETTLING_MS: i64 = 60_000;

/// The takeover of a partition. It is complete once everything that the earlier owner can have
/// judged was judged again. Until then, a checkpoint has to point before that owner's alerts: this
/// owner skips them, but after another kill the next one could not find them and would repeat them.
#[derive(Debug, Default)]
pub(super) struct Takeover {
    /// By partition of `alerts`: the start of the alerts that were read for this takeover. Empty
    /// if all were.
    alerts: BTreeMap<i32, i64>,
    /// End of the readings when the partition was taken over.
    end: i64,
    /// Time of the takeover, ms since the epoch. The earlier owner judged no later silence.
    at_ms: i64,
    complete: bool,
}

impl Takeover {
    pub(super) const fn new(alerts: BTreeMap<i32, i64>, end: i64, at_ms: i64) -> Self {
        Self { alerts, end, at_ms, complete: false }
    }

    /// Notes that the readings before `next_offset` and the passing of time up to `clock_ms` were
    /// judged.
    pub(super) const fn note_judged(&mut self, next_offset: i64, clock_ms: i64) {
        if next_offset >= self.end && clock_ms >= self.at_ms {
            self.complete = true;
        }
    }

    /// Returns true if the earlier owner's alerts are no longer needed: everything that it can have
    /// judged was judged again, and actions on its alarms have had time to arrive.
    pub(super) const fn is_over(&self, clock_ms: i64) -> bool {
        self.complete && clock_ms >= self.at_ms.saturating_add(SETTLING_MS)
    }

    /// The places in `alerts` from which a later owner has to read; `delivered` are the ends of
    /// this owner's alerts.
    pub(super) fn alerts_from(&self, delivered: &BTreeMap<i32, i64>) -> BTreeMap<i32, i64> {
        if self.complete { delivered.clone() } else { self.alerts.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_stays_before_the_earlier_owners_alerts_until_all_were_judged_again() {
        let start = BTreeMap::from([(0, 7), (1, 9)]);
        let delivered = BTreeMap::from([(0, 30), (1, 55)]);
        let mut takeover = Takeover::new(start.clone(), 100, 5_000);
        assert!(!takeover.is_over(1_000_000), "not before it is complete");
        for (next_offset, clock_ms) in [(50, 9_000), (100, 4_999), (99, 9_000)] {
            takeover.note_judged(next_offset, clock_ms);
            assert_eq!(takeover.alerts_from(&delivered), start, "{next_offset} {clock_ms}");
        }
        takeover.note_judged(100, 5_000);
        assert_eq!(takeover.alerts_from(&delivered), delivered);
        assert!(!takeover.is_over(64_999) && takeover.is_over(65_000));
        // Later messages change nothing.
        takeover.note_judged(101, 4_000);
        assert_eq!(takeover.alerts_from(&delivered), delivered);
    }

    #[test]
    fn without_a_checkpoint_all_alerts_are_read_again() {
        let takeover = Takeover::new(BTreeMap::new(), 1, 0);
        assert_eq!(takeover.alerts_from(&BTreeMap::from([(0, 3)])), BTreeMap::new());
    }
}
