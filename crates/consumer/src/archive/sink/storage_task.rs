//! The task that brings batches into the lake, in order: directly, or through the spool.
//!
//! While the lake answers, a batch is committed as it comes. When that fails the batch goes to
//! the spool and so does everything that comes after it, until the spool was emptied into the
//! lake from its front. Then batches go directly again. When the spool has no room the batch
//! stays in hand and no other is taken, so that polling pauses.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::{sync::mpsc::Receiver, task::JoinHandle, time::sleep_until};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Retry, readiness::Readiness};

use crate::archive::{
    batch::model::{Batch, PendingBatch},
    sink::{
        acknowledge::Account,
        committer::{Committer, logs},
        drain::{Drained, drain},
    },
    source::epochs::Epochs,
    spool::queue::Spool,
    status::recorder::StatusRecorder,
};

/// How long a stop goes on trying to bring the last batch in. What does not get in is still in
/// Kafka, and the position before it.
pub(crate) const LAST_TRIES: Duration = Duration::from_secs(20);

/// The spool, which the search for start positions looks into as well.
pub(crate) type SharedSpool = Arc<Mutex<Spool>>;

pub(crate) fn lock(spool: &SharedSpool) -> MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the task works with.
pub(crate) struct Store {
    pub(crate) spool: SharedSpool,
    pub(crate) account: Account,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) retry: Retry,
    pub(crate) readiness: Readiness,
    pub(crate) recorder: StatusRecorder,
    pub(crate) rewind: Sender<i32>,
    pub(crate) shutdown: CancellationToken,
}

/// What the task has in hand.
pub(crate) struct Work {
    /// `None` while the spool is being emptied.
    pub(crate) committer: Option<Committer>,
    pub(crate) drain: Option<JoinHandle<Drained>>,
    /// A batch that the spool had no room for.
    pub(crate) held: Option<PendingBatch>,
    /// Committer that failed since the last that did not.
    pub(crate) failures: u32,
    /// When it is tried again.
    pub(crate) next_try: Instant,
    /// Whether several batches of the spool may go in at once: the last went in as it was.
    pub(crate) together: bool,
}

impl Store {
    /// Stores every batch that comes; ends when no more can come.
    pub(crate) async fn run(
        self,
        committer: Committer,
        mut batches: Receiver<Batch>,
    ) -> anyhow::Result<()> {
        let mut work = Work {
            committer: Some(committer),
            drain: None,
            held: None,
            failures: 0,
            next_try: Instant::now(),
            together: false,
        };
        loop {
            self.show(&work).await?;
            tokio::select! {
                batch = batches.recv(), if work.held.is_none() => match batch {
                    Some(batch) => self.take(&mut work, batch).await?,
                    None => break,
                },
                drained = wait(&mut work.drain) => self.drained(&mut work, drained?),
                () = sleep_until(work.next_try.into()), if self.is_due(&work) => {
                    self.go_on(&mut work).await?;
                }
            }
            if self.shutdown.is_cancelled() && work.held.is_some() {
                break;
            }
        }
        self.finish(work).await
    }

    /// Whether there is something to do besides waiting for a batch.
    fn is_due(&self, work: &Work) -> bool {
        work.drain.is_none() && (work.held.is_some() || !lock(&self.spool).is_empty())
    }

    /// Lets some time pass before the next try.
    fn wait_a_little(&self, work: &mut Work) {
        work.next_try = Instant::now() + self.retry.pause(work.failures.saturating_sub(1));
    }

    /// A batch directly into the lake, or behind what waits.
    async fn take(&self, work: &mut Work, mut batch: Batch) -> anyhow::Result<()> {
        let done = batch.done.take();
        if !batch.spans.is_empty() {
            let logs = logs(&batch.spans, &self.epochs);
            let parcel = PendingBatch { batch, logs, spooled: false };
            let parcel = match work.committer.as_mut().filter(|_| lock(&self.spool).is_empty()) {
                Some(committer) => self.commit(committer, &mut work.failures, parcel).await,
                None => Some(parcel),
            };
            if let Some(parcel) = parcel {
                work.held = self.put_away(parcel).await?;
                if work.drain.is_none() && work.next_try < Instant::now() {
                    self.wait_a_little(work);
                }
            }
        }
        if work.held.is_none()
            && let Some(done) = done
        {
            // The other side may have stopped waiting.
            let _gone = done.send(());
        }
        Ok(())
    }

    /// The batch in hand once more to the spool, and the spool's front to the lake.
    async fn go_on(&self, work: &mut Work) -> anyhow::Result<()> {
        if let Some(parcel) = work.held.take() {
            work.held = match work.committer.as_mut().filter(|_| lock(&self.spool).is_empty()) {
                Some(committer) => self.commit(committer, &mut work.failures, parcel).await,
                None => Some(parcel),
            };
        }
        if let Some(parcel) = work.held.take() {
            work.held = self.put_away(parcel).await?;
        }
        if work.held.is_some() {
            self.wait_a_little(work);
        } else {
            self.readiness.met("spool");
        }
        if !lock(&self.spool).is_empty()
            && let Some(committer) = work.committer.take()
        {
            let spool = Arc::clone(&self.spool);
            work.drain = Some(tokio::spawn(drain(committer, spool, work.together)));
        }
        Ok(())
    }

    /// The front of the spool went in, or not.
    fn drained(&self, work: &mut Work, drained: Drained) {
        work.committer = Some(drained.committer);
        self.read_again(&drained.damaged);
        match drained.outcome {
            Ok(Some((parcel, stored))) => {
                work.together = stored.plan.whole;
                self.went_in(&mut work.failures, &parcel, &stored, drained.started);
                if lock(&self.spool).is_empty() {
                    tracing::info!("the spool is empty; batches go to the lake directly");
                }
            }
            // Nothing but damaged files.
            Ok(None) => {}
            Err(error) => {
                work.together = false;
                self.failed(&mut work.failures, &error);
                self.wait_a_little(work);
            }
        }
    }

    /// Waits a little for what is under way. What is in the spool is safe there.
    async fn finish(&self, mut work: Work) -> anyhow::Result<()> {
        if work.drain.is_some()
            && let Ok(drained) = tokio::time::timeout(LAST_TRIES, wait(&mut work.drain)).await
        {
            self.drained(&mut work, drained?);
        }
        if let (Some(parcel), Some(committer)) = (work.held.take(), work.committer.as_mut())
            && lock(&self.spool).is_empty()
        {
            work.held = self.commit(committer, &mut work.failures, parcel).await;
        }
        let waiting = lock(&self.spool).level().batches;
        if waiting > 0 {
            tracing::info!(spool.batches = waiting, "stopped with batches in the spool");
        }
        if work.held.is_some() {
            anyhow::bail!("stopped before the last batch was stored; it will be read again");
        }
        Ok(())
    }
}

/// The end of the task; never when there is none.
async fn wait(drain: &mut Option<JoinHandle<Drained>>) -> anyhow::Result<Drained> {
    match drain {
        None => std::future::pending().await,
        Some(handle) => {
            let drained = handle.await.context("bringing the spool into the lake")?;
            *drain = None;
            Ok(drained)
        }
    }
}
