//! When browsers are told.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::clock::now_ms;

use super::Live;

/// How long a burst of readings is gathered before it is told: devices send at the same moment,
/// and the first of them must not make the others wait for the next frame.
const GATHER: Duration = Duration::from_millis(20);

/// How often it is looked whether something changed by time alone.
const IDLE: Duration = Duration::from_secs(1);

/// Tells every browser what changed, soon after it did, but at most once in `tick`.
///
/// # Errors
/// When a frame can't be written, which is a bug.
pub async fn publish(
    live: Arc<Live>,
    tick: Duration,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let told = tell_until_stop(&live, tick);
    shutdown.run_until_cancelled(told).await.unwrap_or(Ok(()))
}

async fn tell_until_stop(live: &Live, tick: Duration) -> anyhow::Result<()> {
    let mut next = Instant::now();
    loop {
        tokio::select! {
            () = live.wake.notified() => sleep_until(next.max(Instant::now() + GATHER.min(tick))).await,
            () = sleep(IDLE.max(tick)) => {}
        }
        if live.tell(now_ms()).context("writing a frame")? {
            next = Instant::now() + tick;
        }
    }
}
