//! The rate of a counter of a service.

use std::{collections::VecDeque, time::Duration};

/// Time over which a rate is averaged. The archive counts a batch when it is committed, at most every
/// few seconds: between two polls there may be none, or two.
const WINDOW_MS: i64 = 30_000;

/// The last values of a counter, oldest first.
#[derive(Debug, Default)]
pub(super) struct Counter {
    values: VecDeque<(i64, f64)>,
}

impl Counter {
    /// Adds the value at `now_ms`. Returns the rate per second over the window, or over the time since
    /// the last value if that is longer; `None` before the second value, and after a restart.
    pub(super) fn rate(&mut self, now_ms: i64, value: f64) -> Option<f64> {
        // A counter that fell belongs to a service that was restarted.
        if self.values.back().is_some_and(|&(_, before)| value < before) {
            self.values.clear();
        }
        self.values.push_back((now_ms, value));
        // The window starts at the last value that is as old as it is long.
        while self.values.get(1).is_some_and(|&(time_ms, _)| {
            self.values.len() > 2 && time_ms <= now_ms.saturating_sub(WINDOW_MS)
        }) {
            self.values.pop_front();
        }
        let &(from_ms, from) = self.values.front()?;
        let seconds = Duration::from_millis(u64::try_from(now_ms - from_ms).ok()?).as_secs_f64();
        (seconds > 0.0).then(|| (value - from) / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_between_polls_do_not_change_the_rate() {
        let mut counter = Counter::default();
        // 24 messages a second, in batches of 5.2 s, polled every 5 s.
        let mut rates = Vec::new();
        for poll in 0..100_i32 {
            let batches = f64::from(poll * 5_000 / 5_200);
            rates.push(counter.rate(i64::from(poll) * 5_000, batches * 24.0 * 5.2));
        }
        assert_eq!(rates[0], None);
        for rate in &rates[7..] {
            let rate = rate.unwrap();
            assert!((20.0..=25.5).contains(&rate), "{rate}");
        }
    }

    #[test]
    fn a_restart_and_an_outage_start_anew() {
        let mut counter = Counter::default();
        assert_eq!(counter.rate(0, 1_000.0), None);
        assert_eq!(counter.rate(5_000, 1_050.0), Some(10.0));
        assert_eq!(counter.rate(10_000, 0.0), None, "restarted");
        assert_eq!(counter.rate(15_000, 50.0), Some(10.0));
        // No response for two minutes.
        assert_eq!(counter.rate(135_000, 1_250.0), Some(10.0));
        assert_eq!(counter.rate(140_000, 1_250.0), Some(9.6));
    }
}
