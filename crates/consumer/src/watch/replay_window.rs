//! The offsets of the last minute: a later owner reads them again, to know who uses which device
//! and bed.

use std::collections::VecDeque;

/// Length of the window, ms: the time within which two patients conflict over a device or a bed.
const WINDOW_MS: i64 = 60_000;

/// The least distance of two known offsets, ms.
const STEP_MS: i64 = 1_000;

/// Offsets with their arrival, oldest first.
#[derive(Debug, Default)]
pub(super) struct ReplayWindow(VecDeque<(i64, i64)>);

impl ReplayWindow {
    /// Notes the message at `offset`.
    pub(super) fn note(&mut self, offset: i64, arrival_ms: i64) {
        let is_far = |(_, newest_ms): &(i64, i64)| arrival_ms.saturating_sub(*newest_ms) >= STEP_MS;
        if self.0.back().is_none_or(is_far) {
            self.0.push_back((offset, arrival_ms));
        }
        let start_ms = arrival_ms.saturating_sub(WINDOW_MS);
        while self.0.len() > 1 && self.0[1].1 <= start_ms {
            self.0.pop_front();
        }
    }

    /// The first offset of the window.
    pub(super) fn first(&self) -> Option<i64> {
        self.0.front().map(|(offset, _)| *offset)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn no_time_overflows(times in vec(any_time(), 1..20)) {
            let mut window = ReplayWindow::default();
            for (offset, arrival_ms) in (0..).zip(times) {
                window.note(offset, arrival_ms);
            }
            prop_assert!(window.first().is_some());
        }
    }

    fn any_time() -> impl Strategy<Value = i64> {
        prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()]
    }

    #[test]
    fn it_covers_a_minute_before_the_newest_message() {
        let mut window = ReplayWindow::default();
        assert_eq!(window.first(), None);
        for offset in 0..10_000 {
            window.note(offset, offset * 100);
        }
        let first = window.first().unwrap();
        assert!((9_390..=9_400).contains(&first), "{first}");
        assert!(window.0.len() < 70);
        // A time that goes back must not shorten it.
        window.note(10_000, 5);
        assert_eq!(window.first(), Some(first));
    }
}
