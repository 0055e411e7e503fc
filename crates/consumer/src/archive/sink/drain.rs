//! The drain: commits the oldest batches of the spool.

use std::time::Instant;

use anyhow::Context as _;

use super::{committer::Committer, outcome::CommitOutcome};
use crate::{
    archive::{
        batch::PendingBatch,
        spool::{DrainCandidate, SharedSpool, StaleRead},
    },
    failpoint::{self, Failpoint},
};

/// The reason for the quarantine of batches that can't be committed.
const HOLE: &str = "the lake does not have the offsets before this batch";

/// The result of a drain. It returns the committer.
pub(super) struct Drained {
    pub(super) committer: Committer,
    pub(super) started: Instant,
    /// The committed batch. `None` if all files were damaged.
    pub(super) outcome: anyhow::Result<Option<(PendingBatch, CommitOutcome)>>,
    /// The partitions of damaged files.
    pub(super) damaged: Vec<StaleRead>,
}

/// Commits the oldest batch of the spool, joined with those that continue it if `several` is true.
pub(super) async fn drain(mut committer: Committer, spool: SharedSpool, several: bool) -> Drained {
    let started = Instant::now();
    let mut damaged = Vec::new();
    let outcome = drain_oldest(&mut committer, &spool, several, &mut damaged).await;
    Drained { committer, started, outcome, damaged }
}

async fn drain_oldest(
    committer: &mut Committer,
    spool: &SharedSpool,
    several: bool,
    damaged: &mut Vec<StaleRead>,
) -> anyhow::Result<Option<(PendingBatch, CommitOutcome)>> {
    // Read the files. Damaged ones are quarantined on the way.
    let read = spool.run_blocking(move |spool| spool.drain_candidate(several)).await;
    let (candidate, found_damaged) = read.context("reading the spool")?;
    *damaged = found_damaged;
    let Some(DrainCandidate { pending, sequences }) = candidate else { return Ok(None) };

    failpoint::hit(Failpoint::BeforeDrain)?;
    let outcome = committer.commit(&pending).await?;
    failpoint::hit(Failpoint::AfterDrain)?;

    // Clear the spool. A batch behind a hole is kept for an operator.
    let has_hole = !outcome.plan.holes.is_empty();
    let cleared = spool.run_blocking(move |spool| {
        if has_hole {
            spool.quarantine(&sequences, HOLE);
        } else {
            spool.remove(&sequences);
        }
    });
    cleared.await.context("clearing the spool")?;
    Ok(Some((pending, outcome)))
}
