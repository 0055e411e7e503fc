//! The task that stores batches in order: in the lake directly, or in the spool.
//!
//! While the lake is available, each batch is committed as it arrives. If a commit fails, the
//! batch goes to the spool, and so do all that follow, until the spool has been drained into the
//! lake. Then batches are committed directly again. If the spool is full, the task holds the
//! batch and receives no other, so that backpressure pauses consumption.

use std::{sync::Arc, time::Instant};

use anyhow::Context as _;
use tokio::{sync::mpsc::Receiver, task::JoinHandle, time::sleep_until};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::RetrySettings, readiness::Readiness};

use super::{
    committer::Committer,
    destinations::{Destinations, SHUTDOWN_TIMEOUT},
    drain::{Drained, drain},
};
use crate::archive::{
    batch::{Batch, PendingBatch},
    epochs::Epochs,
    spool::SharedSpool,
    status::StatusRecorder,
};

/// The storage task.
pub(crate) struct StorageTask {
    pub(crate) spool: SharedSpool,
    pub(crate) destinations: Destinations,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) retry: RetrySettings,
    pub(crate) readiness: Readiness,
    pub(crate) recorder: StatusRecorder,
    pub(crate) shutdown: CancellationToken,
}

/// The task's state.
struct SinkState {
    /// `None` while the drain has it.
    committer: Option<Committer>,
    drain: Option<JoinHandle<Drained>>,
    /// A batch that found no room in the spool.
    blocked: Option<PendingBatch>,
    /// Consecutive failures.
    failures: u32,
    next_retry: Instant,
    /// The drain may commit several batches together: the last one was committed unchanged.
    drain_several: bool,
}

impl StorageTask {
    /// Stores batches until the encoder closes the channel.
    pub(crate) async fn run(
        self,
        committer: Committer,
        mut batches: Receiver<Batch>,
    ) -> anyhow::Result<()> {
        let mut state = SinkState {
            committer: Some(committer),
            drain: None,
            blocked: None,
            failures: 0,
            next_retry: Instant::now(),
            drain_several: false,
        };
        loop {
            self.record_spool(&state).await?;
            tokio::select! {
                // A blocked batch is backpressure: the channel fills up, the encoder waits, the
                // poller pauses.
                batch = batches.recv(), if state.blocked.is_none() => match batch {
                    Some(batch) => self.store(&mut state, batch).await?,
                    None => break,
                },
                drained = join(&mut state.drain) => self.finish_drain(&mut state, drained?),
                () = sleep_until(state.next_retry.into()), if self.has_retry(&state) => {
                    self.retry(&mut state).await?;
                }
            }
            // A blocked batch would keep the task from seeing the end of the channel.
            if self.shutdown.is_cancelled() && state.blocked.is_some() {
                break;
            }
        }
        self.finish(state).await
    }

    /// Stores a batch in the lake, or in the spool behind the batches that are already there.
    async fn store(&self, state: &mut SinkState, mut batch: Batch) -> anyhow::Result<()> {
        let stored = batch.stored.take();
        if !batch.ranges.is_empty() {
            let pending = PendingBatch::new(batch, &self.epochs);
            if let Some(pending) = self.commit_directly(state, pending).await {
                state.blocked = self.destinations.spool_batch(pending).await?;
                // The first batch of an outage schedules the retries; later ones must not postpone
                // them.
                if state.drain.is_none() && state.next_retry < Instant::now() {
                    self.schedule_retry(state);
                }
            }
        }
        // A flush is complete only when every earlier batch is safe, in the lake or on disk.
        if state.blocked.is_none()
            && let Some(stored) = stored
        {
            // The polling thread may have stopped waiting.
            let _timed_out = stored.send(());
        }
        Ok(())
    }

    /// Commits a batch unless the spool has older ones. Returns the batch if it was not committed.
    async fn commit_directly(
        &self,
        state: &mut SinkState,
        pending: PendingBatch,
    ) -> Option<PendingBatch> {
        // Batches are committed in the order of their offsets: a newer one queues behind the
        // spooled ones.
        let has_older = !self.spool.lock().is_empty();
        match &mut state.committer {
            Some(committer) if !has_older => {
                self.destinations.commit(committer, &mut state.failures, pending).await
            }
            _ => Some(pending),
        }
    }

    /// Returns true if a blocked batch or the spool is due for a retry.
    fn has_retry(&self, state: &SinkState) -> bool {
        state.drain.is_none() && (state.blocked.is_some() || !self.spool.lock().is_empty())
    }

    fn schedule_retry(&self, state: &mut SinkState) {
        state.next_retry = Instant::now() + self.retry.backoff(state.failures.saturating_sub(1));
    }

    /// Retries the blocked batch, and starts a drain of the spool.
    async fn retry(&self, state: &mut SinkState) -> anyhow::Result<()> {
        // The blocked batch: to the lake, or to the spool if it has room again.
        if let Some(pending) = state.blocked.take()
            && let Some(pending) = self.commit_directly(state, pending).await
        {
            state.blocked = self.destinations.spool_batch(pending).await?;
        }
        if state.blocked.is_some() {
            self.schedule_retry(state);
        } else {
            self.readiness.met("spool");
        }

        // The spool: the drain has the committer until it is done.
        if !self.spool.lock().is_empty()
            && let Some(committer) = state.committer.take()
        {
            let drain = drain(committer, self.spool.clone(), state.drain_several);
            state.drain = Some(tokio::spawn(drain));
        }
        Ok(())
    }

    /// Takes the committer back and follows up on the drained batch.
    fn finish_drain(&self, state: &mut SinkState, drained: Drained) {
        state.committer = Some(drained.committer);
        let follow_up = &self.destinations.follow_up;
        follow_up.rewind_damaged(&drained.damaged);
        match drained.outcome {
            Ok(Some((pending, outcome))) => {
                // After a batch of which the table had a part, the next one is drained alone.
                state.drain_several = outcome.plan.whole;
                follow_up.on_committed(&mut state.failures, pending, &outcome, drained.started);
                if self.spool.lock().is_empty() {
                    tracing::info!("spool drained; batches are committed directly again");
                }
            }
            // All files were damaged.
            Ok(None) => {}
            Err(error) => {
                state.drain_several = false;
                follow_up.on_failed(&mut state.failures, &error);
                self.schedule_retry(state);
            }
        }
    }

    /// Completes the work in progress, within the shutdown timeout. Spooled batches are safe.
    async fn finish(&self, mut state: SinkState) -> anyhow::Result<()> {
        // The drain first: it holds the committer, which the last batch needs.
        if state.drain.is_some()
            && let Ok(drained) =
                tokio::time::timeout(SHUTDOWN_TIMEOUT, join(&mut state.drain)).await
        {
            self.finish_drain(&mut state, drained?);
        }
        if let Some(pending) = state.blocked.take() {
            self.store_last(&mut state, pending).await?;
        }
        let batches = self.spool.lock().level().batches;
        if batches > 0 {
            tracing::info!(spool.batches = batches, "stopped with batches in the spool");
        }
        Ok(())
    }

    /// Commits the blocked batch. It can't be committed before the batches in the spool; then it
    /// is given up, because Kafka still has its messages.
    async fn store_last(&self, state: &mut SinkState, pending: PendingBatch) -> anyhow::Result<()> {
        let is_next = state.committer.is_some() && self.spool.lock().is_empty();
        if self.commit_directly(state, pending).await.is_none() {
            return Ok(());
        }
        anyhow::ensure!(
            !is_next,
            "the last batch was not stored; its offsets are read again after the restart"
        );
        tracing::warn!("the last batch found no room in the spool; its offsets are read again");
        Ok(())
    }

    async fn record_spool(&self, state: &SinkState) -> anyhow::Result<()> {
        let level = self.spool.run_blocking(|spool| spool.level()).await?;
        self.recorder.set_spool(level, state.blocked.is_some());
        Ok(())
    }
}

/// Waits for the drain; without one, forever.
async fn join(drain: &mut Option<JoinHandle<Drained>>) -> anyhow::Result<Drained> {
    match drain {
        None => std::future::pending().await,
        Some(handle) => {
            let drained = handle.await.context("draining the spool")?;
            *drain = None;
            Ok(drained)
        }
    }
}
