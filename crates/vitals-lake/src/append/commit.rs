//! Atomic commits to a table's log.

use deltalake::{
    DeltaTable, DeltaTableError,
    kernel::{
        Action, Add, Transaction,
        transaction::{CommitBuilder, CommitProperties, TransactionError},
    },
    protocol::{DeltaOperation, OutputMode},
};

use super::{durable::flush, log_writer::LogWriter};
use crate::table::commit_path;

/// Retries of a commit that lost the race for its version to another one. Appends of other
/// consumers and compactions are no conflict, so a retry only takes the next version.
pub(super) const MAX_RETRIES: u8 = 50;

/// Appends to the loaded version of `table` as [`LogWriter::commit`] does, and loads the new version.
///
/// # Errors
/// As for [`LogWriter::commit`].
pub async fn commit(
    table: &mut DeltaTable,
    query_id: &str,
    files: Vec<Add>,
    positions: Vec<Transaction>,
) -> Result<(), DeltaTableError> {
    LogWriter::new(table)?.commit(query_id, files, positions).await?;
    table.update_state().await
}

/// Commits `actions` together with the `txn` actions `transactions`, and moves `table` to the
/// new version. Delta refuses the commit if another one has written one of the same application
/// ids since `table` was loaded.
///
/// # Errors
/// As for [`LogWriter::commit`].
pub(crate) async fn commit_actions(
    table: &mut DeltaTable,
    operation: DeltaOperation,
    actions: Vec<Action>,
    transactions: Vec<Transaction>,
) -> Result<(), DeltaTableError> {
    commit_with_retries(table, operation, actions, transactions, MAX_RETRIES).await
}

/// As [`commit_actions`], but only as the version that follows the loaded one. Any other commit
/// since then is a conflict.
///
/// # Errors
/// As for [`LogWriter::commit`].
pub(crate) async fn commit_next_version(
    table: &mut DeltaTable,
    operation: DeltaOperation,
    actions: Vec<Action>,
    transactions: Vec<Transaction>,
) -> Result<(), DeltaTableError> {
    commit_with_retries(table, operation, actions, transactions, 0).await
}

async fn commit_with_retries(
    table: &mut DeltaTable,
    operation: DeltaOperation,
    actions: Vec<Action>,
    transactions: Vec<Transaction>,
    max_retries: u8,
) -> Result<(), DeltaTableError> {
    let properties =
        bounded().with_max_retries(max_retries.into()).with_application_transactions(transactions);
    let committed = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(Some(table.snapshot()?), table.log_store(), operation)
        .await?;
    // The next commit starts from this snapshot and needs no reload.
    table.state = Some(committed.snapshot());
    flush(table, [commit_path(committed.version())]).await
}

/// Commit properties without checkpoint and log cleanup. Both block their thread while they read
/// and write, so no time limit of a commit would hold; maintenance does them.
pub(crate) fn bounded() -> CommitProperties {
    CommitProperties::default().with_create_checkpoint(false).with_cleanup_expired_logs(Some(false))
}

/// Returns true if `error` is the refusal of a commit because of another one. The commit did not
/// happen.
#[must_use]
pub const fn is_conflict(error: &DeltaTableError) -> bool {
    matches!(
        error,
        DeltaTableError::VersionAlreadyExists(_)
            | DeltaTableError::Transaction {
                source: TransactionError::CommitConflict(_)
                    | TransactionError::MaxCommitAttempts(_)
                    | TransactionError::VersionAlreadyExists(_)
            }
    )
}

/// The operation that the table's history shows for rows from a stream.
pub(crate) fn streaming_update(query_id: &str) -> DeltaOperation {
    DeltaOperation::StreamingUpdate {
        output_mode: OutputMode::Append,
        query_id: query_id.to_owned(),
        epoch_id: 0,
    }
}
