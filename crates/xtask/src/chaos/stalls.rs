//! Stalls: the periods in which two instances of the watch may send the same alert.
//!
//! An instance that is stopped for longer than its session timeout loses its partitions. What it had
//! queued for Kafka before, it may send after its successor has sent it. The same holds for every
//! instance while the broker is stopped. The copies have the same id.

use std::collections::BTreeMap;

/// Time after a stall for which an instance may still send queued alerts, ms.
const SETTLING_MS: i64 = 10_000;

/// A process that stalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stalled {
    Consumer(usize),
    Kafka,
}

/// The stalls of a run. Times are ms since the epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Stalls {
    under_way: BTreeMap<Stalled, i64>,
    ended: Vec<(i64, i64)>,
}

impl Stalls {
    pub(super) fn begin(&mut self, process: Stalled, at_ms: i64) {
        self.under_way.entry(process).or_insert(at_ms);
    }

    /// Notes that a process goes on; without effect if it did not stall.
    pub(super) fn end(&mut self, process: Stalled, at_ms: i64) {
        if let Some(from_ms) = self.under_way.remove(&process) {
            self.ended.push((from_ms, at_ms));
        }
    }

    /// Returns true if an alert that Kafka appended at `time_ms` may be a copy.
    pub(super) fn allow_copy(&self, time_ms: i64) -> bool {
        let mut ended = self.ended.iter();
        ended.any(|(from_ms, to_ms)| (*from_ms..=to_ms + SETTLING_MS).contains(&time_ms))
            || self.under_way.values().any(|from_ms| time_ms >= *from_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_allowed_from_the_start_of_a_stall_until_shortly_after_its_end() {
        let mut stalls = Stalls::default();
        stalls.begin(Stalled::Consumer(1), 5_000);
        stalls.begin(Stalled::Consumer(1), 6_000);
        stalls.begin(Stalled::Kafka, 90_000);
        stalls.end(Stalled::Consumer(1), 12_000);
        stalls.end(Stalled::Consumer(0), 40_000);
        let allowed = [4_999, 5_000, 22_000, 22_001, 89_999, 90_000, 500_000];
        let allowed = allowed.map(|time_ms| stalls.allow_copy(time_ms));
        assert_eq!(allowed, [false, true, true, false, false, true, true]);
    }
}
