//! The search for the first readable offset behind damaged messages.
//!
//! A damaged batch has no readable end, and a fetch inside it fails like one at its start. The
//! probe therefore fetches from offsets at growing distances until one succeeds, then halves the
//! distance to the last failure.

/// The search for the first readable offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    /// The first damaged offset.
    start: i64,
    /// The last offset that is known to be unreadable.
    bad: i64,
    /// The first offset that is known to be readable.
    good: Option<i64>,
    /// The end of the log when the search began. Messages behind it are not damaged yet.
    end: i64,
    /// The offset of the fetch under way.
    current: Option<i64>,
}

impl Probe {
    /// The search from the damaged offset `start` to the end of the log. `None` if the log has
    /// no message there.
    pub(crate) fn new(start: i64, end: i64) -> Option<Self> {
        if start >= end {
            return None;
        }
        Some(Self { start, bad: start, good: None, end, current: None })
    }

    /// The next offset to fetch from; `None` once the first readable offset is known.
    pub(crate) fn next_offset(&mut self) -> Option<i64> {
        let offset = match self.good {
            // Doubles the distance from the start.
            None => self.bad.saturating_add(self.bad - self.start + 1),
            Some(good) => self.bad + (good - self.bad) / 2,
        };
        if self.good.is_none() && offset >= self.end {
            self.good = Some(self.end);
            return self.next_offset();
        }
        self.current = (offset > self.bad).then_some(offset);
        self.current
    }

    /// The fetch under way delivered an error.
    pub(crate) fn on_failure(&mut self) {
        if let Some(offset) = self.current.take() {
            self.bad = offset;
        }
    }

    /// The fetch under way delivered messages.
    pub(crate) fn on_success(&mut self) {
        if let Some(offset) = self.current.take() {
            self.good = Some(offset);
        }
    }

    /// The first readable offset, once [`next_offset`](Self::next_offset) returned `None`.
    pub(crate) fn first_readable(&self) -> i64 {
        self.good.unwrap_or(self.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn exactly_the_damaged_offsets_are_skipped(
            start in 0..1000_i64, damaged in 1..5000_i64, behind in 0..5000_i64,
        ) {
            let first_readable = start + damaged;
            let mut probe = Probe::new(start, first_readable + behind).unwrap();
            let mut fetches = 0;
            while let Some(offset) = probe.next_offset() {
                prop_assert!(offset > start && offset < first_readable + behind);
                if offset < first_readable { probe.on_failure() } else { probe.on_success() }
                fetches += 1;
                prop_assert!(fetches < 40);
            }
            prop_assert_eq!(probe.first_readable(), first_readable);
        }
    }
}
