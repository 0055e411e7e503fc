//! Commits at the end of a table's log, without the table's files in memory.
//!
//! The library's commit brings the metadata of every live file up to date each time: with 100,000
//! of them, a commit to a local disk took 455 ms instead of 7. An append reads no file, so this
//! writer keeps only the newest version of the log.

use std::collections::HashMap;

use deltalake::{
    DeltaTable, DeltaTableError,
    kernel::{
        Action, Add, Protocol, Transaction, Version,
        transaction::{CommitConflictError, CommitData, PROTOCOL, TransactionError},
    },
    logstore::{CommitOrBytes, LogStoreRef, get_actions},
};
use uuid::Uuid;

use super::{
    commit::{MAX_RETRIES, streaming_update},
    durable::flush,
};
use crate::table::commit_path;

/// The end of a table's log, as known from the last commit or refresh.
#[derive(Debug, Clone)]
pub struct LogWriter {
    /// The table's storage; no version of it is loaded.
    table: DeltaTable,
    protocol: Protocol,
    version: Version,
}

impl LogWriter {
    /// Continues the loaded version of `table`.
    ///
    /// # Errors
    /// When `table` is not loaded, or has a feature that this release can't write.
    pub fn new(table: &DeltaTable) -> Result<Self, DeltaTableError> {
        let state = table.snapshot()?;
        PROTOCOL.can_write_to(state)?;
        Ok(Self {
            table: DeltaTable::new(table.log_store()),
            protocol: state.protocol().clone(),
            version: state.version(),
        })
    }

    /// The table's storage, without a loaded version.
    #[must_use]
    pub const fn table(&self) -> &DeltaTable {
        &self.table
    }

    /// The newest version of the log that is known.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Goes to the newest version of the log. Returns false if the table has to be opened again:
    /// its protocol has changed, or there are too many new commits to read one by one.
    ///
    /// # Errors
    /// When the log can't be read.
    pub async fn refresh(&mut self) -> Result<bool, DeltaTableError> {
        let store = self.table.log_store();
        let newest = store.get_latest_version(self.version).await?;
        if newest - self.version > MAX_RETRIES.into() {
            return Ok(false);
        }
        for version in self.version + 1..=newest {
            let actions = actions(&store, version).await?;
            let changes =
                |action: &Action| matches!(action, Action::Protocol(it) if *it != self.protocol);
            if actions.iter().any(changes) {
                return Ok(false);
            }
        }
        self.version = newest;
        Ok(true)
    }

    /// Appends `files` and moves the Kafka `positions` in one commit. Refuses the commit if another
    /// one since [`version`](Self::version) has moved one of these positions, or has changed the
    /// table's metadata or protocol. Appends of other consumers and compactions are no conflict.
    /// `query_id` appears in the table's history.
    ///
    /// # Errors
    /// When the commit was refused ([`is_conflict`](super::is_conflict)) or the storage failed. The
    /// commit may have succeeded all the same, with its response lost: the caller re-reads the
    /// table's positions before it decides.
    pub async fn commit(
        &mut self,
        query_id: &str,
        files: Vec<Add>,
        positions: Vec<Transaction>,
    ) -> Result<(), DeltaTableError> {
        let store = self.table.log_store();
        let files = files.into_iter().map(Action::Add).collect();
        let commit = CommitData::new(files, streaming_update(query_id), HashMap::new(), positions);
        let bytes = CommitOrBytes::LogBytes(commit.get_bytes()?);
        let next = self.version + 1;
        for version in next..=next + Version::from(MAX_RETRIES) {
            match store.write_commit_entry(version, bytes.clone(), Uuid::new_v4()).await {
                Ok(()) => {
                    self.version = version;
                    return flush(&self.table, [commit_path(version)]).await;
                }
                Err(TransactionError::VersionAlreadyExists(_)) => {
                    let winner = actions(&store, version).await?;
                    check_conflict(&winner, &commit.app_transactions)
                        .map_err(TransactionError::CommitConflict)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(TransactionError::MaxCommitAttempts(MAX_RETRIES.into()).into())
    }
}

/// The actions of a commit in the log.
async fn actions(store: &LogStoreRef, version: Version) -> Result<Vec<Action>, DeltaTableError> {
    let bytes = store.read_commit_entry(version).await?;
    get_actions(version, &bytes.ok_or(DeltaTableError::InvalidVersion(version))?)
}

/// Returns an error if an append that moves `positions` can't follow a commit with the actions
/// `winner`.
fn check_conflict(winner: &[Action], positions: &[Transaction]) -> Result<(), CommitConflictError> {
    for action in winner {
        match action {
            Action::Protocol(_) => {
                let change = "by a concurrent transaction".to_owned();
                return Err(CommitConflictError::ProtocolChanged(change));
            }
            Action::Metadata(_) => return Err(CommitConflictError::MetadataChanged),
            Action::Txn(moved) if positions.iter().any(|it| it.app_id == moved.app_id) => {
                return Err(CommitConflictError::ConcurrentTransaction);
            }
            _ => {}
        }
    }
    Ok(())
}
