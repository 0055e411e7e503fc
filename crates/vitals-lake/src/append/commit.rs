//! Files and positions into the table's log, as one atomic commit.

use deltalake::{
    DeltaTable, DeltaTableError,
    kernel::{
        Action, Add, Transaction,
        transaction::{CommitBuilder, CommitProperties},
    },
    protocol::{DeltaOperation, OutputMode},
};
/// How often a commit is put behind one that got in first. Another consumer's partitions and a
/// compaction are no conflict.
const RETRIES: usize = 50;

/// Commits `files` with the new `positions`. The commit is refused when another one has moved
/// one of these positions since `table` was loaded. `name` stands in the table's history.
///
/// # Errors
/// When it was refused or the storage failed. It may have happened all the same: the caller
/// reads the table's positions again before it decides.
pub async fn commit(
    table: &mut DeltaTable,
    name: &str,
    files: Vec<Add>,
    positions: Vec<Transaction>,
) -> Result<(), DeltaTableError> {
    let properties = CommitProperties::default()
        .with_max_retries(RETRIES)
        .with_application_transactions(positions);
    let operation = DeltaOperation::StreamingUpdate {
        output_mode: OutputMode::Append,
        query_id: name.to_owned(),
        epoch_id: 0,
    };
    let committed = CommitBuilder::from(properties)
        .with_actions(files.into_iter().map(Action::Add).collect())
        .build(Some(table.snapshot()?), table.log_store(), operation)
        .await?;
    table.state = Some(committed.snapshot());
    Ok(())
}
