//! The right to rewrite files that are there already, which one process has at a time.
//!
//! Delta lets two commits pass that replace the same files, as long as both say that no data
//! changed; its rows would be there twice. So whoever replaces files claims the table first: a
//! commit with a `txn` action whose version is the moment of the claim. Every commit that
//! replaces files carries the same action, and Delta refuses it when somebody else has made a
//! claim since.

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
    /// The moment of the claim, ms since the epoch.
    term: i64,
}

impl Lease {
    /// Claims `table`, unless somebody did so less than `pause` ago; `None` then, or when
    /// somebody else is quicker. Whoever had claimed it before can't commit any more.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn claim(
        lake: &Lake,
        table: &mut DeltaTable,
        now_ms: i64,
        pause: Duration,
    ) -> anyhow::Result<Option<Self>> {
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let last = last_claim(lake, table).await?;
        // A clock that is far ahead somewhere must not block the others for good.
        if last.is_some_and(|last| (last..last.saturating_add(pause_ms)).contains(&now_ms)) {
            return Ok(None);
        }
        let lease = Self { term: last.map_or(now_ms, |last| now_ms.max(last + 1)) };
        let claim = lease.put(table, vec![], operation(0));
        match lake
            .within("claim the table", async { Ok::<_, DeltaTableError>(claim.await) })
            .await?
        {
            Ok(()) => Ok(Some(lease)),
            Err(error) if is_overtaken(&error) => Ok(None),
            Err(error) => Err(error).context("lake: claim the table"),
        }
    }

    /// Commits `actions`, provided that the claim still holds.
    ///
    /// # Errors
    /// When it does not, or the storage fails. It may have happened all the same.
    pub async fn commit(
        &self,
        lake: &Lake,
        table: &mut DeltaTable,
        actions: Vec<Action>,
        operation: DeltaOperation,
    ) -> anyhow::Result<()> {
        lake.within("reload the table", table.update_state()).await?;
        if last_claim(lake, table).await? != Some(self.term) {
            bail!("somebody else has claimed the table");
        }
        lake.within("commit", self.put(table, actions, operation)).await
    }

    async fn put(
        &self,
        table: &mut DeltaTable,
        actions: Vec<Action>,
        operation: DeltaOperation,
    ) -> Result<(), DeltaTableError> {
        let claim = Transaction::new(APP_ID, self.term);
        commit_actions(table, operation, actions, vec![claim]).await
    }
}

/// The operation that the table's history shows for files which were merged.
pub(crate) const fn operation(target_size: i64) -> DeltaOperation {
    DeltaOperation::Optimize { predicate: None, target_size }
}

async fn last_claim(lake: &Lake, table: &DeltaTable) -> anyhow::Result<Option<i64>> {
    let log_store = table.log_store();
    let snapshot = table.snapshot()?.snapshot();
    let claim = snapshot.transaction_version(log_store.as_ref(), APP_ID);
    lake.within("read the claim", claim).await
}

const fn is_overtaken(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::Transaction {
            source: TransactionError::CommitConflict(CommitConflictError::ConcurrentTransaction)
        }
    )
}
