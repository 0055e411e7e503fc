//! Checks before a repair: the range is archived, and Kafka still has the log that it is of.

use std::collections::HashMap;

use anyhow::{Context as _, bail, ensure};
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};
use vitals_lake::position::{Archived, ArchivedLog, KafkaSource, Transactions};

use crate::archive::{Content, LogContent};

/// The archived log of `partition`, which covers `range`.
///
/// # Errors
/// When it does not, or the partition is stopped.
pub(super) fn archived_log(
    source: &KafkaSource,
    transactions: &Transactions,
    partition: i32,
    range: OffsetRange,
) -> anyhow::Result<ArchivedLog> {
    ensure!(!range.is_empty(), "--from is not below --to");
    let archived = match source.archived(transactions, partition) {
        Archived::At(archived) => archived,
        Archived::Never => bail!("partition {partition} was never archived"),
        Archived::OtherCluster { .. } => {
            bail!("the table has partition {partition} from another Kafka cluster")
        }
    };
    ensure!(
        archived.stopped_ms.is_none(),
        "partition {partition} is stopped: Kafka's log is not the one that was archived"
    );
    // From the position on, the archive itself stores the messages.
    ensure!(
        range.end <= archived.position,
        "partition {partition} is archived up to offset {}; repair reaches no further",
        archived.position
    );
    // Offsets before the begin were never archived, or their rows have expired.
    let begin = source.log(archived.generation).begin(transactions, partition).unwrap_or(0);
    ensure!(range.start >= begin, "the archive of partition {partition} begins at offset {begin}");
    Ok(archived)
}

/// Fails unless Kafka has the last archived message at its offset: another log has other messages
/// at the offsets of the range. Blocks.
///
/// # Errors
/// As described, and when Kafka does not respond.
pub(super) fn require_same_log(
    content: &LogContent,
    partition: i32,
    archived: &ArchivedLog,
    watermarks: OffsetRange,
) -> anyhow::Result<()> {
    let log: &LogId = &archived.log;
    ensure!(
        archived.position <= watermarks.end,
        "log {log} was archived up to {}, but Kafka's log ends at {}",
        archived.position,
        watermarks.end
    );
    // Retention has deleted the message: there is nothing to compare, and the end of the log fits.
    let Some(last) = archived.last.filter(|last| watermarks.contains(last.offset)) else {
        return Ok(());
    };
    let mut found = content.compare(&HashMap::from([(partition, last)]))?;
    let found = found.remove(&partition).context("no result").flatten();
    ensure!(
        found.context("comparing the last archived message")? != Content::Other,
        "the message at offset {} is not the one that was archived: Kafka has another log",
        last.offset
    );
    Ok(())
}
