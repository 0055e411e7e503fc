//! From a condition to an occurrence: delay before it is raised, hysteresis before it ends.

use serde::{Deserialize, Serialize};

use super::{
    occurrence::Occurrence,
    rule::{PRIORITIES, Priority},
};

/// Longest time for which a condition can't be judged and its delay continues afterwards, ms.
const MAX_PAUSE_MS: i64 = 60_000;

/// Delays of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delays {
    /// Time for which the condition must last, by priority, ms.
    pub(super) raise_ms: [i64; 4],
    /// Time for which a lower priority must last before it replaces the higher one, ms.
    pub(super) clear_ms: i64,
}

impl Delays {
    /// The same delay for every priority.
    pub(super) const fn of_any_priority(raise_ms: i64, clear_ms: i64) -> Self {
        Self { raise_ms: [raise_ms; 4], clear_ms }
    }
}

/// A transition of an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transition {
    /// The condition has lasted since `onset_ms`.
    Raise { priority: Priority, onset_ms: i64 },
    /// The priority has changed.
    Change(Priority),
    /// The condition has ended.
    Clear,
}

/// The condition of one rule over time, and its occurrence.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Tracker {
    /// Start of the uninterrupted time in which the condition had at least each priority, later by
    /// the pauses since.
    since_ms: [Option<i64>; 4],
    /// Start of the uninterrupted time below the occurrence's priority, later by the pauses since.
    below_since_ms: Option<i64>,
    /// Start of the time in which the condition was true, pauses included.
    #[serde(default)]
    onset_ms: Option<i64>,
    /// Start of the pause: the condition can't be judged.
    #[serde(default)]
    paused_ms: Option<i64>,
    /// The occurrence under way.
    pub(super) active: Option<Occurrence>,
}

impl Tracker {
    /// The priority of the occurrence under way.
    pub(super) fn priority(&self) -> Option<Priority> {
        self.active.as_ref().map(|occurrence| occurrence.priority)
    }

    /// Returns true if nothing is pending or under way.
    pub(super) const fn is_idle(&self) -> bool {
        self.since_ms[0].is_none() && self.active.is_none()
    }

    /// The condition at `now_ms` has priority `level`; `None` if it is false.
    pub(super) fn step(
        &mut self,
        level: Option<Priority>,
        delays: &Delays,
        now_ms: i64,
    ) -> Option<Transition> {
        self.resume(now_ms);
        // The time since when each priority, or a higher one, has lasted.
        for (since_ms, priority) in self.since_ms.iter_mut().zip(PRIORITIES) {
            if level >= Some(priority) {
                since_ms.get_or_insert(now_ms);
            } else {
                *since_ms = None;
            }
        }
        self.onset_ms = self.since_ms[0].map(|since_ms| self.onset_ms.unwrap_or(since_ms));
        // The highest priority that has lasted for its delay.
        let lasting = PRIORITIES.into_iter().rev().find(|priority| {
            self.raise_at_ms(*priority, delays).is_some_and(|at_ms| at_ms <= now_ms)
        });
        let Some(current) = self.priority() else {
            let onset_ms = self.onset_ms?;
            return lasting.map(|priority| Transition::Raise { priority, onset_ms });
        };
        // Upwards at once.
        if lasting > Some(current) {
            self.below_since_ms = None;
            return lasting.map(Transition::Change);
        }
        if level >= Some(current) {
            self.below_since_ms = None;
            return None;
        }
        // Downwards only once the lower priority has lasted: otherwise a value around its limit
        // would end the alarm and raise it again.
        let below_since_ms = *self.below_since_ms.get_or_insert(now_ms);
        if now_ms < below_since_ms.saturating_add(delays.clear_ms) {
            return None;
        }
        self.below_since_ms = None;
        Some(level.map_or(Transition::Clear, Transition::Change))
    }

    /// The condition can't be judged at `now_ms`: its delays pause, an occurrence stays.
    pub(super) fn hold(&mut self, now_ms: i64) {
        self.paused_ms.get_or_insert(now_ms);
    }

    /// Ends a pause. After a long one the delays start over: the condition before it has no bearing
    /// on the present one.
    fn resume(&mut self, now_ms: i64) {
        let Some(paused_ms) = self.paused_ms.take() else { return };
        let pause_ms = now_ms.saturating_sub(paused_ms);
        if pause_ms > MAX_PAUSE_MS {
            self.since_ms = [None; 4];
            self.below_since_ms = None;
            return;
        }
        // The pause does not count towards any delay.
        for since_ms in self.since_ms.iter_mut().chain([&mut self.below_since_ms]).flatten() {
            *since_ms = since_ms.saturating_add(pause_ms);
        }
    }

    /// Moves times after `latest_ms` to it. The onset of an occurrence is part of its id, and stays.
    pub(super) fn cap_times(&mut self, latest_ms: i64) {
        let Self { since_ms, below_since_ms, onset_ms, paused_ms, active } = self;
        let high_since_ms = active.as_mut().map(|occurrence| &mut occurrence.high_since_ms);
        let single = [Some(below_since_ms), Some(onset_ms), Some(paused_ms), high_since_ms];
        for time_ms in since_ms.iter_mut().chain(single.into_iter().flatten()).flatten() {
            *time_ms = latest_ms.min(*time_ms);
        }
    }

    /// The next time at which [`step`](Self::step) has an effect without a change of the condition.
    pub(super) fn deadline_ms(&self, delays: &Delays) -> Option<i64> {
        if self.paused_ms.is_some() {
            return None;
        }
        let current = self.priority();
        let raises = PRIORITIES
            .into_iter()
            .filter(|priority| Some(*priority) > current)
            .filter_map(|priority| self.raise_at_ms(priority, delays));
        let clears = self.below_since_ms.map(|since_ms| since_ms.saturating_add(delays.clear_ms));
        raises.chain(clears).min()
    }

    fn raise_at_ms(&self, priority: Priority, delays: &Delays) -> Option<i64> {
        let index = priority as usize;
        Some(self.since_ms[index]?.saturating_add(delays.raise_ms[index]))
    }
}
