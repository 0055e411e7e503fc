//! The exclusive right to rewrite existing files of a table.
//!
//! A process that replaces files claims the table first: it commits a `txn` action whose version,
//! the term, is the time of the claim. Every commit that replaces files requires that the newest
//! claim is its own, and carries it, so Delta refuses the commit once another process has made a
//! later one. The term is a fencing token. A second `txn` action, the sign of life, is renewed
//! during a long run.
//!
//! ```text
//!  process A   claim, term 100 ─────────────── replace, term 100 ✗ refused
//!  process B                     claim, term 200 ── replace, term 200 ✓
//! ```
//!
//! Clocks never decide whether a claim is live: each process measures, by its own monotonic
//! clock, for how long it has seen a claim unchanged.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use deltalake::{DeltaTable, DeltaTableError, kernel::Transaction, protocol::DeltaOperation};
use futures::future::{Either, select};

use crate::{append::commit_actions, position::Transactions, table::Lake};

/// The application id of the claims.
const APP_ID: &str = "vitals/rewrite";

/// The application id of the signs of life.
const ALIVE_ID: &str = "vitals/rewrite-alive";

/// Another process has claimed the table, so this one may not replace files any more.
#[derive(Debug, thiserror::Error)]
#[error("another process has claimed the table")]
pub struct ClaimLost;

/// A claim on a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The time of the claim, ms since the epoch.
    term: i64,
}

/// A claim with its latest sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claim {
    term: i64,
    alive: Option<i64>,
}

/// The claims on a table that this process has seen.
#[derive(Debug, Default)]
pub struct ClaimWatch {
    /// The newest claim, and the moment at which it was first seen.
    latest: Option<(Claim, Instant)>,
}

impl ClaimWatch {
    /// Returns true unless `claim` has been seen unchanged for `pause`.
    fn is_recent(&mut self, claim: Claim, pause: Duration) -> bool {
        let since = match self.latest {
            Some((latest, since)) if latest == claim => since,
            _ => Instant::now(),
        };
        self.latest = Some((claim, since));
        since.elapsed() < pause
    }
}

impl Lease {
    /// Claims `table` and fences off its previous owner, whose commits are refused from now on.
    /// Returns `None` if `watch` has seen the last claim or its sign of life change less than
    /// `pause` ago, or if another process claims the table at the same moment.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn claim(
        lake: &Lake,
        table: &mut DeltaTable,
        watch: &mut ClaimWatch,
        now_ms: i64,
        pause: Duration,
    ) -> anyhow::Result<Option<Self>> {
        let last = last_claim(lake, table).await?;
        if last.is_some_and(|last| watch.is_recent(last, pause)) {
            return Ok(None);
        }
        // The term must exceed every earlier one, even if this process's clock is behind.
        let lease = Self { term: last.map_or(now_ms, |last| now_ms.max(last.term + 1)) };
        let claim = commit_actions(table, optimize(0), vec![], vec![lease.transaction()]);
        // The inner result distinguishes a lost race from a failure; the outer one is a timeout.
        let claimed =
            lake.within("claim the table", async { Ok::<_, DeltaTableError>(claim.await) }).await?;
        match claimed {
            Ok(()) => {
                let alive = last.and_then(|last| last.alive);
                watch.latest = Some((Claim { term: lease.term, alive }, Instant::now()));
                Ok(Some(lease))
            }
            Err(error) if crate::append::is_conflict(&error) => Ok(None),
            Err(error) => Err(error).context("lake: claim the table"),
        }
    }

    /// The `txn` action of the claim.
    pub(crate) fn transaction(self) -> Transaction {
        Transaction::new(APP_ID, self.term)
    }

    /// Returns an error if the loaded version of `table` has a later claim.
    ///
    /// # Errors
    /// [`ClaimLost`], or an error of the storage.
    pub(crate) async fn require(self, lake: &Lake, table: &DeltaTable) -> anyhow::Result<()> {
        let last = last_claim(lake, table).await?;
        anyhow::ensure!(last.is_some_and(|last| last.term == self.term), ClaimLost);
        Ok(())
    }

    /// Runs `work`, and renews the claim every `interval` meanwhile, so that other processes see
    /// that its owner is alive.
    ///
    /// # Errors
    /// The error of `work`, or [`ClaimLost`].
    pub async fn keep_alive<T>(
        self,
        lake: &Lake,
        mut table: DeltaTable,
        interval: Duration,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let renewals = async {
            loop {
                tokio::time::sleep(interval).await;
                match self.renew(lake, &mut table).await {
                    Ok(()) => {}
                    Err(error) if error.is::<ClaimLost>() => return error,
                    // The work meets the same storage and decides.
                    Err(error) => tracing::debug!(%error, "renewing the claim failed"),
                }
            }
        };
        // Both are polled: a call to HDFS may wait for a lock that the other one is next to get.
        match select(pin!(work), pin!(renewals)).await {
            Either::Left((done, _)) => done,
            Either::Right((lost, _)) => Err(lost),
        }
    }

    async fn renew(self, lake: &Lake, table: &mut DeltaTable) -> anyhow::Result<()> {
        lake.within("reload the table", table.update_state()).await?;
        let last = last_claim(lake, table).await?.filter(|last| last.term == self.term);
        let alive = last.ok_or(ClaimLost)?.alive.unwrap_or_default() + 1;
        let sign = vec![Transaction::new(ALIVE_ID, alive)];
        lake.within("renew the claim", commit_actions(table, optimize(0), vec![], sign)).await
    }
}

/// The operation that the table's history shows for compaction.
pub(crate) const fn optimize(target_size: i64) -> DeltaOperation {
    DeltaOperation::Optimize { predicate: None, target_size }
}

async fn last_claim(lake: &Lake, table: &DeltaTable) -> anyhow::Result<Option<Claim>> {
    let transactions = Transactions::read(lake, table).await?;
    let alive = transactions.get(ALIVE_ID);
    Ok(transactions.get(APP_ID).map(|term| Claim { term, alive }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_recent_until_it_was_unchanged_for_the_pause_whatever_its_date() {
        let hour = Duration::from_secs(3600);
        for term in [0, 1_763_812_800_000, i64::MAX - 1] {
            let mut watch = ClaimWatch::default();
            let claim = Claim { term, alive: None };
            assert!(watch.is_recent(claim, hour), "first seen now");
            assert!(!watch.is_recent(claim, Duration::ZERO), "without a pause");
            let renewed = Claim { term, alive: Some(1) };
            let seen = Instant::now().checked_sub(hour).unwrap();
            watch.latest = Some((claim, seen));
            assert!(!watch.is_recent(claim, hour), "seen unchanged for an hour");
            assert!(watch.is_recent(renewed, hour), "its owner is alive");
        }
    }
}
