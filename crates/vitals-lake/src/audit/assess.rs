//! The comparison of a table's rows with its positions.

use anyhow::Context as _;
use deltalake::DeltaTable;
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

use super::{
    report::{Audit, PartitionAudit, Selections},
    row_scan::{PartitionCoverage, scan},
};
use crate::{
    position::{TopicLog, Transactions, all_positions},
    schema::{ERASED, NO_MESSAGE, TOMBSTONE, Table},
    table::Lake,
};

/// Audits the rows that were archived from `topic` to `table`. Returns `None` if the table does
/// not exist yet.
///
/// # Errors
/// When the storage is unavailable or the table can't be read.
pub async fn audit(lake: &Lake, table: &Table, topic: &str) -> anyhow::Result<Option<Audit>> {
    let Some(opened) = lake.open(table.name).await? else { return Ok(None) };
    audit_table(lake, &opened, table, topic, &Selections::new()).await.map(Some)
}

/// Audits the loaded version of `table`, which has the columns of `schema` and archives `topic`.
///
/// # Errors
/// When the storage is unavailable or the table can't be read.
pub async fn audit_table(
    lake: &Lake,
    table: &DeltaTable,
    schema: &Table,
    topic: &str,
    selections: &Selections,
) -> anyhow::Result<Audit> {
    let version = table.version().context("the table is not loaded")?;
    let mut found = scan(lake, table, &schema.arrow_schema(), selections).await.context("audit")?;
    // A partition with a position and no rows has lost everything before the position.
    let transactions = Transactions::read(lake, table).await?;
    for key in all_positions(&transactions, topic).into_keys() {
        found.entry(key).or_default();
    }
    let partitions = found.into_iter().map(|((id, partition), coverage)| {
        let log = TopicLog { id, topic: topic.to_owned() };
        let recorded = Recorded {
            begin: log.begin(&transactions, partition),
            position: log.position(&transactions, partition),
            stopped: log.is_stopped(&transactions, partition),
        };
        assess(log.id, partition, recorded, coverage)
    });
    Ok(Audit { table: schema.name.to_owned(), version, partitions: partitions.collect() })
}

/// The state of a partition that the table's log records.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Recorded {
    /// The first offset that the archive covers.
    pub(super) begin: Option<i64>,
    pub(super) position: Option<i64>,
    pub(super) stopped: bool,
}

pub(super) fn assess(
    log: LogId,
    partition: i32,
    recorded: Recorded,
    coverage: PartitionCoverage,
) -> PartitionAudit {
    let Recorded { begin, position, stopped } = recorded;
    // A table of an earlier version has no begin. Then the first row is it; without a row, all
    // offsets up to the position are missing, unless the log was accepted as a new one.
    let empty_at = if log.is_recreated() { position.unwrap_or(0) } else { 0 };
    let empty_at = begin.unwrap_or(empty_at);
    let empty = OffsetRange { start: empty_at, end: empty_at };
    let rows = coverage.offsets.bounds().unwrap_or(empty);
    let bounds = OffsetRange { start: begin.unwrap_or(rows.start), end: rows.end };
    let end = position.unwrap_or(bounds.end);
    // The archive continues at the position, so rows past it would be stored twice.
    let past_position = OffsetRange { start: end.max(bounds.start), end: bounds.end };

    // Offsets that a row covers without being their message: lost, or never a message.
    let mut lost = Vec::new();
    let mut erased = Vec::new();
    let mut no_message = 0;
    for gap in coverage.covered_gaps {
        match gap.reason.as_str() {
            NO_MESSAGE | TOMBSTONE => no_message += gap.range.len(),
            ERASED => erased.push(gap.range),
            _ => lost.push(gap.range),
        }
    }
    lost.sort_unstable();
    erased.sort_unstable();

    PartitionAudit {
        log,
        partition,
        first: bounds.start,
        position,
        stored: coverage.total.messages - coverage.rejected,
        rejected: coverage.rejected,
        total: coverage.total,
        selected: coverage.selected,
        duplicates: coverage.offsets.duplicates(),
        overlaps: coverage.offsets.overlaps(),
        gaps: coverage.offsets.gaps(OffsetRange { start: bounds.start, end }),
        past_position: if past_position.is_empty() { None } else { Some(past_position) },
        lost,
        erased,
        stopped,
        no_message,
    }
}
