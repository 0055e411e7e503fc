//! The exclusive right to rewrite existing files of a table.
//!
//! Delta accepts two commits that replace the same files as long as both declare that no data
//! changed; the table would then hold those rows twice. A process that replaces files therefore
//! claims the table first: it commits a `txn` action whose version, the term, is the time of the
//! claim. Every commit that replaces files carries the same action, and Delta refuses it once
//! another process has made a later claim. The term is a fencing token.
//!
//! ```text
//!  process A   claim, term 100 ─────────────── replace, term 100 ✗ refused
//!  process B                     claim, term 200 ── replace, term 200 ✓
//! ```

use std::time::Duration;

use anyhow::{Context as _, bail};
use deltalake::{
    DeltaTable, DeltaTableError,
    kernel::{
        Action, Transaction,
        transaction::{CommitConflictError, TransactionError},
    },
    protocol::DeltaOperation,
};

use crate::{append::commit_actions, table::Lake};

/// The application id of the claims.
const APP_ID: &str = "vitals/rewrite";

/// A claim on a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The time of the claim, ms since the epoch.
    term: i64,
}

impl Lease {
    /// Claims `table` and fences off its previous owner, whose commits are refused from now on.
    /// Returns `None` if the last claim is younger than `pause`, or if another process claims the
    /// table at the same moment.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn claim(
        lake: &Lake,
        table: &mut DeltaTable,
        now_ms: i64,
        pause: Duration,
    ) -> anyhow::Result<Option<Self>> {
        let last = last_claim(lake, table).await?;
        if last.is_some_and(|last| is_recent(last, now_ms, pause)) {
            return Ok(None);
        }
        // The term must exceed every earlier one, even if this process's clock is behind.
        let lease = Self { term: last.map_or(now_ms, |last| now_ms.max(last + 1)) };
        let claim = lease.commit_with_term(table, vec![], optimize(0));
        // The inner result distinguishes a lost race from a failure; the outer one is a timeout.
        let claimed =
            lake.within("claim the table", async { Ok::<_, DeltaTableError>(claim.await) }).await?;
        match claimed {
            Ok(()) => Ok(Some(lease)),
            Err(error) if is_concurrent_claim(&error) => Ok(None),
            Err(error) => Err(error).context("lake: claim the table"),
        }
    }

    /// Commits `actions`, provided that the claim still holds.
    ///
    /// # Errors
    /// When it does not hold, or the storage fails. The commit may have succeeded all the same.
    pub async fn commit(
        &self,
        lake: &Lake,
        table: &mut DeltaTable,
        actions: Vec<Action>,
        operation: DeltaOperation,
    ) -> anyhow::Result<()> {
        // Reload first, so that the check sees claims since the table was loaded.
        lake.within("reload the table", table.update_state()).await?;
        if last_claim(lake, table).await? != Some(self.term) {
            bail!("another process has claimed the table");
        }
        lake.within("commit", self.commit_with_term(table, actions, operation)).await
    }

    async fn commit_with_term(
        &self,
        table: &mut DeltaTable,
        actions: Vec<Action>,
        operation: DeltaOperation,
    ) -> Result<(), DeltaTableError> {
        let claim = Transaction::new(APP_ID, self.term);
        commit_actions(table, operation, actions, vec![claim]).await
    }
}

/// The operation that the table's history shows for compaction.
pub(crate) const fn optimize(target_size: i64) -> DeltaOperation {
    DeltaOperation::Optimize { predicate: None, target_size }
}

/// Returns true if the claim `last` is younger than `pause`. A claim from the future counts as
/// old: a process whose clock is far ahead must not block the others for good.
fn is_recent(last: i64, now_ms: i64, pause: Duration) -> bool {
    let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    (last..last.saturating_add(pause_ms)).contains(&now_ms)
}

async fn last_claim(lake: &Lake, table: &DeltaTable) -> anyhow::Result<Option<i64>> {
    let log_store = table.log_store();
    let snapshot = table.snapshot()?.snapshot();
    let claim = snapshot.transaction_version(log_store.as_ref(), APP_ID);
    lake.within("read the claim", claim).await
}

const fn is_concurrent_claim(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::Transaction {
            source: TransactionError::CommitConflict(CommitConflictError::ConcurrentTransaction)
        }
    )
}
