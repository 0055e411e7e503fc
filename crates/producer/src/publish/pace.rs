//! The pace at which readings are sent.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many readings are sent in a row before other tasks have their turn.
const ROW: u32 = 128;

/// The time since the first reading. Every wait is until a moment counted from there, so that
/// late wake-ups don't add up.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    row: u32,
}

impl Pace {
    /// Starts now.
    pub(super) fn start() -> Self {
        Self { start: Instant::now(), row: 0 }
    }

    /// Time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits until `after` since the start, where `elapsed` has passed; false when `stop` came
    /// first.
    pub(super) async fn reach(
        &mut self,
        after: Duration,
        elapsed: Duration,
        stop: &CancellationToken,
    ) -> bool {
        if after > elapsed {
            self.row = 0;
            // Saturates far beyond the life of a process.
            let wait =
                tokio::time::sleep_until(self.start + after.min(Duration::from_secs(1 << 32)));
            return tokio::select! {
                biased;
                () = stop.cancelled() => false,
                () = wait => true,
            };
        }
        self.row += 1;
        if self.row >= ROW {
            self.row = 0;
            tokio::task::yield_now().await;
        }
        !stop.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moments_that_have_passed_are_made_up_for() {
        let stop = CancellationToken::new();
        let mut pace = Pace::start();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let late = pace.elapsed();
        // 300 readings, one a millisecond: all of them due by now.
        for after in (0..300).map(Duration::from_millis) {
            assert!(pace.reach(after, pace.elapsed(), &stop).await);
        }
        let made_up = pace.elapsed().saturating_sub(late);
        assert!(made_up < Duration::from_millis(200), "{made_up:?}");
        let after = pace.elapsed() + Duration::from_millis(20);
        assert!(pace.reach(after, pace.elapsed(), &stop).await);
        assert!(pace.elapsed() >= after);
    }

    #[tokio::test]
    async fn a_stop_ends_the_wait() {
        let stop = CancellationToken::new();
        let mut pace = Pace::start();
        stop.cancel();
        assert!(!pace.reach(Duration::from_secs(3600), Duration::ZERO, &stop).await);
        assert!(!pace.reach(Duration::ZERO, Duration::ZERO, &stop).await);
    }
}
