//! The exchange of data files for others, safe beside other writers.
//!
//! Delta refuses a commit if another one has *changed* the data that it read. It accepts two
//! commits that replace the same files if both declare that no data changed, as `OPTIMIZE` does;
//! the table would then hold those rows twice. Two rules close that gap:
//!
//! - Every replaced file must be live, as it was read, in the newest version, and the commit is
//!   accepted as the next version only. A commit in between repeats the check.
//! - The commit repeats the table's metadata. A commit of another writer that has read an older
//!   version is refused then ("Metadata changed since last commit"), whatever it declares.
//!
//! ```text
//!  read version 7 ── write new files ── newest version is 9: all replaced files live? ── commit 10
//! ```

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use deltalake::{
    DeltaTable, Path,
    kernel::{Action, Add, DeletionVectorDescriptor, LogicalFileView, Transaction},
    protocol::DeltaOperation,
};

use crate::{
    append::{commit_next_version, flush, is_conflict},
    lease::Lease,
    table::Lake,
};

/// Attempts to commit behind the newest version.
const MAX_ATTEMPTS: usize = 50;

/// An exchange of files that were read for others that were written.
pub(crate) struct Replacement<'a> {
    /// The files that are replaced, as they were read.
    pub(crate) removed: &'a [LogicalFileView],
    /// The files that replace them. No commit names them yet.
    pub(crate) added: Vec<Add>,
    /// The removal is a change of the data, not only of its place.
    pub(crate) data_change: bool,
    /// The operation that the table's history shows.
    pub(crate) operation: DeltaOperation,
    /// The `txn` actions that belong to the exchange.
    pub(crate) transactions: Vec<Transaction>,
}

/// The outcome of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The files were exchanged.
    Committed,
    /// Another writer has changed one of the files. Nothing was exchanged.
    Conflict,
}

impl Replacement<'_> {
    /// Commits the exchange, and moves `table` to the newest version. `table` is the version that
    /// the files were read from.
    ///
    /// # Errors
    /// [`ClaimLost`](crate::lease::ClaimLost) if another process has claimed the table, or an
    /// error of the storage. The commit may have succeeded all the same.
    pub(crate) async fn commit(
        self,
        lake: &Lake,
        table: &mut DeltaTable,
        lease: Lease,
    ) -> anyhow::Result<Replaced> {
        let added = self.added.iter().map(|add| Path::from(add.path.as_str()));
        // Before the commit: the log must not name a file that a power failure could still lose.
        lake.within("flush files", flush(table, added)).await?;
        for _ in 0..MAX_ATTEMPTS {
            lake.within("reload the table", table.update_state()).await?;
            // For each attempt, because the claim may have been lost since the last one.
            lease.require(lake, table).await?;
            if !are_live(table, self.removed)? {
                return Ok(Replaced::Conflict);
            }
            let actions = self.actions(table)?;
            let operation = self.operation.clone();
            let commit = commit_next_version(table, operation, actions, self.transactions(lease));
            match lake.within("commit", commit).await {
                Ok(()) => return Ok(Replaced::Committed),
                // Another commit was faster; it may have changed the files.
                Err(error) if is_conflict_error(&error) => {}
                Err(error) => return Err(error),
            }
        }
        bail!("other writers were faster {MAX_ATTEMPTS} times")
    }

    fn transactions(&self, lease: Lease) -> Vec<Transaction> {
        std::iter::once(lease.transaction()).chain(self.transactions.iter().cloned()).collect()
    }

    fn actions(&self, table: &DeltaTable) -> anyhow::Result<Vec<Action>> {
        let metadata = table.snapshot().context("the table is not loaded")?.metadata().clone();
        let removed = self.removed.iter().map(|file| file.remove_action(self.data_change));
        let added = self.added.iter().cloned();
        Ok(std::iter::once(Action::Metadata(metadata))
            .chain(removed.map(Action::Remove))
            .chain(added.map(Action::Add))
            .collect())
    }
}

fn is_conflict_error(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(is_conflict)
}

/// Returns true if all `files` are part of the loaded version of `table`, as they were read.
pub(crate) fn are_live(table: &DeltaTable, files: &[LogicalFileView]) -> anyhow::Result<bool> {
    // The deletion vector names the rows of a file that another writer has deleted.
    let mut wanted: HashMap<String, Option<DeletionVectorDescriptor>> = files
        .iter()
        .map(|file| (file.path().into_owned(), file.deletion_vector_descriptor()))
        .collect();
    for file in table.snapshot()?.snapshot().try_log_data()? {
        let path = file.path();
        if wanted.get(path.as_ref()).is_some_and(|it| *it == file.deletion_vector_descriptor()) {
            wanted.remove(path.as_ref());
        }
    }
    Ok(wanted.is_empty())
}
