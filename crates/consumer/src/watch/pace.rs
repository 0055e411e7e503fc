//! The times at which a session publishes states, commits offsets and judges timers.

use std::time::{Duration, Instant};

/// Time for states between two polls. Those of a whole ward are due at about the same time, and a
/// reading waits meanwhile.
pub(super) const STATES_TIME: Duration = Duration::from_millis(5);

/// Time for the timers of partitions between two polls.
pub(super) const TIMERS_TIME: Duration = Duration::from_millis(2);

/// Interval between commits of the offsets.
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);

/// Interval at which timers are judged.
const TICK: Duration = Duration::from_millis(500);

/// The times of the last commit and of the last tick.
#[derive(Debug)]
pub(super) struct Pace {
    committed: Instant,
    ticked: Instant,
}

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self { committed: now, ticked: now }
    }

    /// Returns true if the offsets have to be committed.
    pub(super) fn take_commit(&mut self, now: Instant) -> bool {
        let is_due = now.duration_since(self.committed) >= COMMIT_INTERVAL;
        if is_due {
            self.committed = now;
        }
        is_due
    }

    /// Returns true if timers have to be judged.
    pub(super) fn take_tick(&mut self, now: Instant) -> bool {
        let is_due = now.duration_since(self.ticked) >= TICK;
        if is_due {
            self.ticked = now;
        }
        is_due
    }
}

/// The time for which the same message has been the oldest one that was not delivered.
#[derive(Debug, Default)]
pub(super) struct Outstanding(Option<(u64, Instant)>);

impl Outstanding {
    /// Notes the number of the oldest message at `now`.
    pub(super) fn note(&mut self, oldest: Option<u64>, now: Instant) {
        let since = self.0.filter(|(known, _)| Some(*known) == oldest);
        self.0 = since.or(oldest.map(|number| (number, now)));
    }

    /// Returns true if it has been the oldest one for `time`.
    pub(super) fn has_lasted(&self, time: Duration, now: Instant) -> bool {
        self.0.is_some_and(|(_, since)| now.duration_since(since) >= time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn offsets_are_committed_once_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert!(!pace.take_commit(start + 999 * MS));
        assert!(pace.take_commit(start + 1_500 * MS));
        assert!(!pace.take_commit(start + 2_499 * MS));
        assert!(pace.take_commit(start + 2_500 * MS));
    }

    #[test]
    fn timers_are_judged_twice_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let ticks = (0..2_000).filter(|ms| pace.take_tick(start + *ms * MS)).collect::<Vec<_>>();
        assert_eq!(ticks, [500, 1_000, 1_500]);
    }

    #[test]
    fn time_counts_for_the_message_that_is_not_delivered() {
        let start = Instant::now();
        let mut outstanding = Outstanding::default();
        assert!(!outstanding.has_lasted(Duration::ZERO, start));
        outstanding.note(Some(7), start);
        outstanding.note(Some(7), start + 300 * MS);
        assert!(!outstanding.has_lasted(500 * MS, start + 499 * MS));
        assert!(outstanding.has_lasted(500 * MS, start + 500 * MS));
        // Delivered. Messages that follow each other without a pause are no stall.
        outstanding.note(Some(9), start + 600 * MS);
        assert!(!outstanding.has_lasted(500 * MS, start + 1_000 * MS));
        outstanding.note(None, start + 1_000 * MS);
        assert!(!outstanding.has_lasted(Duration::ZERO, start + 1_100 * MS));
    }
}
