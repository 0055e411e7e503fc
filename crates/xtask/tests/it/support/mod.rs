//! What the tests start and ask.

pub(crate) mod cluster;
pub(crate) mod process;

use std::time::{Duration, Instant};

/// Asks until the answer is yes; panics with `what` when it isn't within the time.
pub(crate) async fn wait_until(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !ask().await {
        assert!(start.elapsed() < within, "{what}: not within {} s", within.as_secs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Some seconds.
pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
