//! The two kafka a batch can go to: the lake, and the spool.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use metrics::counter;
use tokio::time::sleep;

use crate::archive::{
    batch::model::PendingBatch,
    sink::{
        committer::Committer,
        storage_task::{LAST_TRIES, Store, lock},
    },
};

/// A failure that comes sooner than this may be another commit that was faster: it is tried
/// once more before the batch goes to the spool.
const SOON: Duration = Duration::from_secs(1);

impl Store {
    /// Commits directly; the batch comes back when that failed.
    pub(crate) async fn commit(
        &self,
        committer: &mut Committer,
        failures: &mut u32,
        parcel: PendingBatch,
    ) -> Option<PendingBatch> {
        for _ in 0..2 {
            let started = Instant::now();
            let late = async {
                self.shutdown.cancelled().await;
                sleep(LAST_TRIES).await;
            };
            let outcome = tokio::select! {
                outcome = committer.attempt(&parcel) => outcome,
                () = late => Err(anyhow::anyhow!("stopped before the lake answered")),
            };
            match outcome {
                Ok(stored) => {
                    self.went_in(failures, &parcel, &stored, started);
                    return None;
                }
                Err(error) => self.failed(failures, &error),
            }
            if started.elapsed() > SOON {
                break;
            }
        }
        Some(parcel)
    }

    /// Writes a batch to the spool; it comes back when there is no room.
    pub(crate) async fn put_away(
        &self,
        parcel: PendingBatch,
    ) -> anyhow::Result<Option<PendingBatch>> {
        let spool = Arc::clone(&self.spool);
        let written = tokio::task::spawn_blocking(move || {
            let written = lock(&spool).append(&parcel);
            (parcel, written)
        });
        let (parcel, written) = written.await.context("writing to the spool")?;
        match written {
            Ok(()) => {
                self.account.send_dead_letters(&parcel.batch);
                Ok(None)
            }
            Err(error) => {
                counter!("vitals_archive_spool_failures_total", "topic" => self.recorder.topic())
                    .increment(1);
                let reason = format!("the lake is away and the spool takes no more: {error}");
                tracing::error!(%error, "the spool takes no more; no message is taken");
                self.readiness.missing("spool", reason);
                Ok(Some(parcel))
            }
        }
    }
}
