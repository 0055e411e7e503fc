//! Atomic commits to a table's log.

use deltalake::{
    DeltaTable, DeltaTableError,
    kernel::{
        Action, Add, Transaction,
        transaction::{CommitBuilder, CommitProperties},
    },
    protocol::{DeltaOperation, OutputMode},
};

/// Retries of a commit that lost the race for its version to another one. Appends of other
/// consumers and compactions are no conflict, so a retry only takes the next version.
const MAX_RETRIES: usize = 50;

/// Appends `files` and moves the Kafka `positions` in one commit. Delta refuses the commit if
/// another one has moved one of these positions since `table` was loaded. `query_id` appears in
/// the table's history.
///
/// # Errors
/// When the commit was refused or the storage failed. The commit may have succeeded all the same,
/// with its response lost: the caller re-reads the table's positions before it decides.
pub async fn commit(
    table: &mut DeltaTable,
    query_id: &str,
    files: Vec<Add>,
    positions: Vec<Transaction>,
) -> Result<(), DeltaTableError> {
    let actions = files.into_iter().map(Action::Add).collect();
    commit_actions(table, streaming_update(query_id), actions, positions).await
}

/// Commits `actions` together with the `txn` actions `transactions`, and moves `table` to the
/// new version. Delta refuses the commit if another one has written one of the same application
/// ids since `table` was loaded.
///
/// # Errors
/// As for [`commit`].
pub(crate) async fn commit_actions(
    table: &mut DeltaTable,
    operation: DeltaOperation,
    actions: Vec<Action>,
    transactions: Vec<Transaction>,
) -> Result<(), DeltaTableError> {
    let properties = CommitProperties::default()
        .with_max_retries(MAX_RETRIES)
        .with_application_transactions(transactions);
    let committed = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(Some(table.snapshot()?), table.log_store(), operation)
        .await?;
    // The next commit starts from this snapshot and needs no reload.
    table.state = Some(committed.snapshot());
    Ok(())
}

/// The operation that the table's history shows for rows from a stream.
pub(crate) fn streaming_update(query_id: &str) -> DeltaOperation {
    DeltaOperation::StreamingUpdate {
        output_mode: OutputMode::Append,
        query_id: query_id.to_owned(),
        epoch_id: 0,
    }
}
