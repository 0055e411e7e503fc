//! Stops: states of the table that only an operator's decision ends.

use deltalake::DeltaTable;
use vitals_core::{domain::log_id::LogId, runtime::clock::now_ms};
use vitals_lake::{
    append,
    position::{KafkaSource, TopicLog, Transactions},
    table::Lake,
};

/// Stops partitions of logs in one commit to `table`, which was just read. A stop that is in the table already is not repeated.
///
/// # Errors
/// When the storage failed. The partitions stay stopped in this process, and the next attempt
/// commits the stops.
pub(super) async fn commit(
    lake: &Lake,
    mut table: DeltaTable,
    source: &KafkaSource,
    stopped: &[(LogId, i32)],
) -> anyhow::Result<()> {
    let transactions = Transactions::read(lake, &table).await?;
    let mut actions = Vec::new();
    for (id, partition) in stopped {
        let log = TopicLog { id: id.clone(), topic: source.topic.clone() };
        if log.stopped_ms(&transactions, *partition).is_none() {
            actions.push(log.stopped(*partition, now_ms()));
        }
    }
    if actions.is_empty() {
        return Ok(());
    }
    let commit = append::commit(&mut table, "stop", Vec::new(), actions);
    lake.within("commit the stop of partitions", commit).await
}
