//! What follows when a batch went in or did not: positions, readiness, the recorder, the log.

use std::{sync::Arc, time::Instant};

use metrics::counter;

use crate::archive::{
    batch::model::PendingBatch,
    sink::{
        committer::CommitOutcome,
        storage_task::{Store, Work, lock},
    },
    source::epochs::Epoch,
};

/// While the lake is away, every how many failed committer one is logged.
const LOG_EVERY: u32 = 30;

impl Store {
    pub(crate) fn went_in(
        &self,
        failures: &mut u32,
        parcel: &PendingBatch,
        stored: &CommitOutcome,
        started: Instant,
    ) {
        if std::mem::take(failures) > 0 {
            tracing::info!("the lake takes batches again");
        }
        self.account.settle(parcel, stored, started);
        self.readiness.met("lake");
        self.recorder.set_lake(None);
        for partition in &stored.plan.rewind {
            tracing::warn!(partition, "not where the table stands; reading again from there");
            // The polling thread ends after this task, unless it died.
            let _gone = self.rewind.send(*partition);
        }
    }

    pub(crate) fn read_again(&self, damaged: &[(i32, Epoch)]) {
        for (partition, epoch) in damaged {
            if self.epochs.holds(*partition, *epoch) {
                let _gone = self.rewind.send(*partition);
            }
        }
    }

    pub(crate) fn failed(&self, failures: &mut u32, error: &anyhow::Error) {
        counter!("vitals_archive_failures_total", "topic" => self.recorder.topic()).increment(1);
        let error = format!("{error:#}");
        if failures.is_multiple_of(LOG_EVERY) {
            tracing::warn!(failures, error, "a batch did not get into the lake");
        }
        *failures += 1;
        self.readiness.missing("lake", error.clone());
        self.recorder.set_lake(Some(error));
    }

    pub(crate) async fn show(&self, work: &Work) -> anyhow::Result<()> {
        let spool = Arc::clone(&self.spool);
        let level = tokio::task::spawn_blocking(move || lock(&spool).level()).await?;
        self.recorder.set_spool(level, work.held.is_some());
        Ok(())
    }
}
