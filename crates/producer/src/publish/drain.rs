//! The end: every reading that was sent is to be acknowledged.

use std::time::Duration;

use anyhow::{anyhow, bail};
use tokio_util::sync::CancellationToken;

use super::callbacks::ProducerCallbacks;

/// How often the queue is looked at.
const TICK: Duration = Duration::from_millis(5);

/// Waits for acknowledgements.
pub(super) struct Drain<'a> {
    pub(super) callbacks: &'a ProducerCallbacks,
    /// From when on time is short.
    pub(super) shutdown: &'a CancellationToken,
    /// The time there is then.
    pub(super) timeout: Duration,
}

impl Drain<'_> {
    /// Waits until nothing waits: however long that takes while the service may run, and for
    /// the timeout once it is to stop. Fails when readings are not acknowledged then.
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let timeout = async {
            self.shutdown.cancelled().await;
            tokio::time::sleep(self.timeout).await;
        };
        tokio::select! {
            biased;
            () = self.settled() => {}
            () = timeout => {}
        }
        let stats = self.callbacks.delivery_stats();
        tracing::info!(
            producer.sent = stats.sent,
            producer.delivered = stats.delivered,
            producer.failed = stats.failed,
            "sending ended"
        );
        let missing = stats.missing();
        if let Some(refusal) = self.callbacks.refusal() {
            let error = anyhow!("Kafka refuses readings: {refusal}");
            return Err(error.context(format!("{missing} readings were not delivered")));
        }
        if missing > 0 {
            bail!("{missing} readings were not acknowledged within {:?}", self.timeout);
        }
        Ok(())
    }

    /// Ends when nothing waits, or nothing will be acknowledged any more.
    async fn settled(&self) {
        while self.callbacks.delivery_stats().waiting() > 0 && self.callbacks.refusal().is_none() {
            tokio::time::sleep(TICK).await;
        }
    }
}
