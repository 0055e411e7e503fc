//! The end of a run: waits until every reading that was sent is acknowledged.

use std::time::Duration;

use anyhow::{anyhow, bail};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::kafka::ProducerCallbacks;

/// Interval between looks at the queue.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Waits for the acknowledgements of readings in flight.
pub(super) struct Drain<'a> {
    pub(super) callbacks: &'a ProducerCallbacks,
    /// Starts the timeout.
    pub(super) shutdown: &'a CancellationToken,
    /// Longest wait after the shutdown.
    pub(super) timeout: Duration,
}

impl Drain<'_> {
    /// Waits until no reading is in flight: indefinitely while the service may run, and at most for
    /// the timeout after a shutdown. Returns an error if readings remain unacknowledged.
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let timeout = async {
            self.shutdown.cancelled().await;
            tokio::time::sleep(self.timeout).await;
        };
        // Biased: if both are ready, the drain has succeeded.
        tokio::select! {
            biased;
            () = self.drained() => {}
            () = timeout => {}
        }
        let stats = self.callbacks.stats();
        tracing::info!(
            producer.sent = stats.sent,
            producer.delivered = stats.delivered,
            producer.failed = stats.failed,
            "all readings sent; producer drained"
        );
        // A permanent error is the cause; missing acknowledgements are its consequence.
        let undelivered = stats.undelivered();
        if let Some(cause) = self.callbacks.permanent_error() {
            let error = anyhow!("Kafka rejects readings: {cause}");
            return Err(error.context(format!("{undelivered} readings were not delivered")));
        }
        if undelivered > 0 {
            bail!("{undelivered} readings were not acknowledged within {:?}", self.timeout);
        }
        Ok(())
    }

    /// Completes when no reading is in flight, or when a permanent error makes waiting futile.
    async fn drained(&self) {
        while self.callbacks.stats().in_flight() > 0 && self.callbacks.permanent_error().is_none() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
