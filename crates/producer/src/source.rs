//! The interface between a source of readings and the publisher.

use std::time::Duration;

use vitals_core::domain::reading::Reading;

/// Both clocks at the time of a call.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Wall clock, ms since the Unix epoch.
    pub wall_ms: i64,
    /// Time since the start on the monotonic clock.
    pub elapsed: Duration,
}

impl Now {
    /// The wall clock, in ms since the Unix epoch, at `after` since the start; in the past or in
    /// the future.
    #[must_use]
    pub fn wall_ms_at(&self, after: Duration) -> i64 {
        self.wall_ms.saturating_add(millis(after)).saturating_sub(millis(self.elapsed))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// A reading with its due time.
#[derive(Debug, Clone)]
pub struct Due<'a> {
    /// Due time since the start; a time in the past is due immediately. Counted from the start
    /// rather than from the previous reading, so that the pace doesn't drift.
    pub after: Duration,
    /// The reading.
    pub reading: Reading<'a>,
}

/// Yields readings in the order in which they are sent.
pub trait Source: Send {
    /// The next reading; `None` at the end.
    fn next(&mut self, now: Now) -> Option<Due<'_>>;
}
