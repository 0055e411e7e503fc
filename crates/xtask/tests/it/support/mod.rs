//! The cluster and the processes of a test.

pub(crate) mod cluster;
pub(crate) mod process;

use std::time::{Duration, Instant};

/// Upper bound on what has to happen in the end, however slow the machine is.
pub(crate) const EVENTUALLY: Duration = seconds(180);

/// Polls `condition` until it holds. Panics with `description` after `timeout`.
pub(crate) async fn wait_until(
    description: &str,
    timeout: Duration,
    mut condition: impl AsyncFnMut() -> bool,
) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < timeout, "{description}: not within {} s", timeout.as_secs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A duration in seconds.
pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
