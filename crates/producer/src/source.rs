//! Where readings come from.

use std::time::Duration;

use vitals_core::domain::reading::Reading;

/// The two clocks at the moment a source is asked.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Wall clock, ms since the Unix epoch.
    pub wall_ms: i64,
    /// Time since the first reading was asked for, on the clock that is never set.
    pub elapsed: Duration,
}

impl Now {
    /// What the wall clock says, or said, when `after` has passed since the start: ms since the
    /// Unix epoch.
    #[must_use]
    pub fn wall_ms_at(&self, after: Duration) -> i64 {
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.wall_ms.saturating_add(ms(after)).saturating_sub(ms(self.elapsed))
    }
}

/// A reading and the moment to send it.
#[derive(Debug, Clone)]
pub struct Due<'a> {
    /// Time since the start at which the reading is to be sent. Counted from the start, so that
    /// the pace doesn't drift; a moment that has passed means at once.
    pub after: Duration,
    /// What to send.
    pub reading: Reading<'a>,
}

/// Yields readings in the order in which they are sent.
pub trait Source: Send {
    /// The next reading; `None` when there is no more.
    fn next(&mut self, now: Now) -> Option<Due<'_>>;
}
