//! The front of the spool into the lake.

use std::{sync::Arc, time::Instant};

use anyhow::Context as _;

use crate::{
    archive::{
        batch::model::PendingBatch,
        sink::{
            committer::{CommitOutcome, Committer},
            storage_task::{SharedSpool, lock},
        },
        source::epochs::Epoch,
        spool::queue::DrainCandidate,
    },
    failpoint::{self, Failpoint},
};

/// Why files of the spool are kept although they were dealt with.
const HOLE: &str = "the lake has not got what comes before";

/// What came of it, and the means for the next attempt.
pub(crate) struct Drained {
    pub(crate) committer: Committer,
    pub(crate) started: Instant,
    /// `None` when there was nothing that could be used.
    pub(crate) outcome: anyhow::Result<Option<(PendingBatch, CommitOutcome)>>,
    /// Partitions of damaged files, with the assignment they were read under.
    pub(crate) damaged: Vec<(i32, Epoch)>,
}

/// Brings the oldest batches in; `together` when several may go in at once.
pub(crate) async fn drain(mut committer: Committer, spool: SharedSpool, together: bool) -> Drained {
    let started = Instant::now();
    let mut damaged = Vec::new();
    let outcome = bring_in(&mut committer, &spool, together, &mut damaged).await;
    Drained { committer, started, outcome, damaged }
}

async fn bring_in(
    committer: &mut Committer,
    spool: &SharedSpool,
    together: bool,
    damaged: &mut Vec<(i32, Epoch)>,
) -> anyhow::Result<Option<(PendingBatch, CommitOutcome)>> {
    let shared = Arc::clone(spool);
    let read = tokio::task::spawn_blocking(move || lock(&shared).front(together));
    let (front, found_damaged) = read.await.context("reading the spool")?;
    *damaged = found_damaged;
    let Some(DrainCandidate { parcel, sequences }) = front else { return Ok(None) };
    failpoint::hit(Failpoint::BeforeDrain)?;
    let stored = committer.attempt(&parcel).await?;
    failpoint::hit(Failpoint::AfterDrain)?;
    let reason = (!stored.plan.holes.is_empty()).then_some(HOLE);
    let shared = Arc::clone(spool);
    let settle = tokio::task::spawn_blocking(move || lock(&shared).settle(&sequences, reason));
    settle.await.context("clearing the spool")?;
    Ok(Some((parcel, stored)))
}
