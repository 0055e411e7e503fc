//! The times at which a session publishes states, commits offsets and judges timers.

use std::time::{Duration, Instant};

/// Time for states between two polls. Those of a whole ward are due at about the same time.
const STATES_TIME: Duration = Duration::from_millis(20);

/// Interval between commits of the offsets.
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);

/// Time without a commit, after which the readings wait until every state is published: an offset is
/// committed after the states before it.
const LONGEST_COMMIT_INTERVAL: Duration = Duration::from_secs(5);

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

    /// The end of the time for states; `None` if all that are due have to be published.
    pub(super) fn states_until(&self, now: Instant) -> Option<Instant> {
        let is_late = now.duration_since(self.committed) >= LONGEST_COMMIT_INTERVAL;
        (!is_late).then(|| now + STATES_TIME)
    }

    /// Returns true if the offsets have to be committed. `has_due_states`: states have to be
    /// published before.
    pub(super) fn take_commit(&mut self, now: Instant, has_due_states: bool) -> bool {
        let is_due = now.duration_since(self.committed) >= COMMIT_INTERVAL && !has_due_states;
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

/// The time for which something has been outstanding.
#[derive(Debug, Default)]
pub(super) struct Outstanding(Option<Instant>);

impl Outstanding {
    /// Notes whether something is outstanding at `now`.
    pub(super) fn note(&mut self, is_outstanding: bool, now: Instant) {
        if is_outstanding {
            self.0.get_or_insert(now);
        } else {
            self.0 = None;
        }
    }

    /// Returns true if it has been outstanding for `time`.
    pub(super) fn has_lasted(&self, time: Duration, now: Instant) -> bool {
        self.0.is_some_and(|since| now.duration_since(since) >= time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn states_have_a_share_of_the_time_until_a_commit_is_late() {
        let start = Instant::now();
        let pace = Pace::new(start);
        for elapsed_ms in [0, 1_000, 4_999] {
            let now = start + elapsed_ms * MS;
            assert_eq!(pace.states_until(now), Some(now + 20 * MS), "{elapsed_ms}");
        }
        for elapsed_ms in [5_000, 60_000] {
            assert_eq!(pace.states_until(start + elapsed_ms * MS), None, "{elapsed_ms}");
        }
    }

    #[test]
    fn a_commit_follows_the_states_and_gives_them_their_share_again() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert!(!pace.take_commit(start + 999 * MS, false), "too early");
        assert!(!pace.take_commit(start + 5_500 * MS, true), "states are due");
        assert_eq!(pace.states_until(start + 5_500 * MS), None);
        let now = start + 5_600 * MS;
        assert!(pace.take_commit(now, false));
        assert_eq!(pace.states_until(now), Some(now + 20 * MS));
        assert!(!pace.take_commit(now + 999 * MS, false));
        assert!(pace.take_commit(now + 1_000 * MS, false));
    }

    #[test]
    fn timers_are_judged_twice_a_second() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let ticks = (0..2_000).filter(|ms| pace.take_tick(start + *ms * MS)).collect::<Vec<_>>();
        assert_eq!(ticks, [500, 1_000, 1_500]);
    }

    #[test]
    fn time_counts_from_the_start_of_what_is_still_outstanding() {
        let start = Instant::now();
        let mut outstanding = Outstanding::default();
        assert!(!outstanding.has_lasted(Duration::ZERO, start));
        outstanding.note(true, start);
        outstanding.note(true, start + 300 * MS);
        assert!(!outstanding.has_lasted(500 * MS, start + 499 * MS));
        assert!(outstanding.has_lasted(500 * MS, start + 500 * MS));
        outstanding.note(false, start + 600 * MS);
        outstanding.note(true, start + 700 * MS);
        assert!(!outstanding.has_lasted(500 * MS, start + 1_100 * MS));
    }
}
