//! Paces the readings.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Readings sent without a wait before the task yields to others.
const BURST: u32 = 128;

/// The time since the first reading. Every wait ends at a time counted from there, so that late
/// wake-ups don't accumulate.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    burst: u32,
}

impl Pace {
    /// Starts the clock.
    pub(super) fn start() -> Self {
        Self { start: Instant::now(), burst: 0 }
    }

    /// Time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits until `after` since the start, of which `elapsed` has passed. Returns false if `stop`
    /// came first.
    pub(super) async fn reach(
        &mut self,
        after: Duration,
        elapsed: Duration,
        stop: &CancellationToken,
    ) -> bool {
        if after > elapsed {
            self.burst = 0;
            // Capped far beyond the life of a process: the addition would overflow.
            let wait =
                tokio::time::sleep_until(self.start + after.min(Duration::from_secs(1 << 32)));
            return tokio::select! {
                biased;
                () = stop.cancelled() => false,
                () = wait => true,
            };
        }
        // Behind its schedule, the loop never waits; it yields now and then, so that other tasks
        // run.
        self.burst += 1;
        if self.burst >= BURST {
            self.burst = 0;
            tokio::task::yield_now().await;
        }
        !stop.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn overdue_readings_are_sent_without_a_wait() {
        let stop = CancellationToken::new();
        let mut pace = Pace::start();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let late = pace.elapsed();
        // 300 readings, one per millisecond, all of them overdue.
        for after in (0..300).map(Duration::from_millis) {
            assert!(pace.reach(after, pace.elapsed(), &stop).await);
        }
        let caught_up = pace.elapsed().saturating_sub(late);
        assert!(caught_up < Duration::from_millis(200), "{caught_up:?}");
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
