//! Publishes frames: soon after a reading, at most one per tick.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::clock::now_ms;

use super::hub::Hub;

/// Delay after the first reading of a burst. Devices send at the same moment; without the delay
/// the first reading would make a frame of its own, and the others would wait for the next tick.
const COALESCE_DELAY: Duration = Duration::from_millis(20);

/// Interval between checks for changes caused by time alone, such as an expired score.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// Publishes changes until shutdown, at most one frame per `tick`.
///
/// # Errors
/// If serialization fails, which is a bug.
pub async fn run_ticker(
    hub: Arc<Hub>,
    tick: Duration,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let publishing = publish_changes(&hub, tick);
    shutdown.run_until_cancelled(publishing).await.unwrap_or(Ok(()))
}

async fn publish_changes(hub: &Hub, tick: Duration) -> anyhow::Result<()> {
    let coalesce_delay = COALESCE_DELAY.min(tick);
    let idle_interval = IDLE_INTERVAL.max(tick);
    let mut next_tick = Instant::now();
    loop {
        tokio::select! {
            // Wait for the rest of the burst, and for the end of the current tick.
            () = hub.reading_arrived.notified() => {
                sleep_until(next_tick.max(Instant::now() + coalesce_delay)).await;
            }
            // Without readings, time alone may expire a score or remove a patient.
            () = sleep(idle_interval) => {}
        }
        if hub.publish(now_ms()).context("serialize a frame")? {
            next_tick = Instant::now() + tick;
        }
    }
}
