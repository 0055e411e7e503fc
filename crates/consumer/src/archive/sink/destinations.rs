//! The two destinations of a batch: the lake and the spool.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::readiness::Readiness;
use vitals_lake::append::is_conflict;

use super::{committer::Committer, follow_up::FollowUp};
use crate::{
    archive::{batch::PendingBatch, spool::SharedSpool},
    metrics::ArchiveMetrics,
};

/// Attempts before a batch goes to the spool.
const DIRECT_ATTEMPTS: usize = 2;

/// Refused commits that are repeated at once. Every compaction may refuse one.
const MAX_CONFLICTS: usize = 5;

/// Duration up to which a failure may be a lost race against another commit. Only such a failure
/// is retried directly.
const CONFLICT_DURATION: Duration = Duration::from_secs(1);

/// Timeout for storing the last batch during a shutdown. A batch that is not stored by then is
/// still in Kafka, behind the table's position.
pub(super) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// The destinations of a batch.
pub(crate) struct Destinations {
    pub(crate) spool: SharedSpool,
    pub(crate) follow_up: FollowUp,
    pub(crate) metrics: ArchiveMetrics,
    pub(crate) readiness: Readiness,
    pub(crate) shutdown: CancellationToken,
}

impl Destinations {
    /// Commits a batch to the lake. Returns the batch if that failed.
    pub(super) async fn commit(
        &self,
        committer: &mut Committer,
        failures: &mut u32,
        pending: PendingBatch,
    ) -> Option<PendingBatch> {
        let mut attempts = 0;
        let mut conflicts = 0;
        while attempts < DIRECT_ATTEMPTS {
            let started = Instant::now();
            let outcome = tokio::select! {
                outcome = committer.commit(&pending) => outcome,
                () = self.shutdown_timeout() => {
                    Err(anyhow::anyhow!("the lake did not respond before the shutdown timeout"))
                }
            };
            match outcome {
                Ok(outcome) => {
                    self.follow_up.on_committed(failures, pending, &outcome, started);
                    return None;
                }
                // Another commit, such as a compaction, was faster; the lake is available.
                Err(error) if is_refusal(&error) && conflicts < MAX_CONFLICTS => {
                    tracing::debug!(error = format!("{error:#}"), "repeating a refused commit");
                    conflicts += 1;
                    continue;
                }
                Err(error) => self.follow_up.on_failed(failures, &error),
            }
            attempts += 1;
            // A slow failure is an outage, and the batches behind this one must not wait for it.
            if started.elapsed() > CONFLICT_DURATION {
                break;
            }
        }
        Some(pending)
    }

    /// Completes [`SHUTDOWN_TIMEOUT`] after the shutdown began.
    async fn shutdown_timeout(&self) {
        self.shutdown.cancelled().await;
        sleep(SHUTDOWN_TIMEOUT).await;
    }

    /// Appends a batch to the spool. Returns the batch if the spool is full.
    pub(super) async fn spool_batch(
        &self,
        pending: PendingBatch,
    ) -> anyhow::Result<Option<PendingBatch>> {
        let appended = self.spool.run_blocking(move |spool| {
            let appended = spool.append(&pending);
            (pending, appended)
        });
        let (pending, appended) = appended.await.context("writing to the spool")?;
        match appended {
            Ok(()) => {
                // Only the reasons are spooled, so the dead letters are sent now.
                self.follow_up.send_dead_letters(pending.batch);
                Ok(None)
            }
            Err(error) => {
                self.metrics.add_spool_failure();
                let reason = format!("the lake is unavailable and the spool is full: {error}");
                tracing::error!(%error, "spool is full; consumption will pause");
                self.readiness.missing("spool", reason);
                Ok(Some(pending))
            }
        }
    }
}

fn is_refusal(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(is_conflict)
}
