//! The comparison of a table's rows with its positions.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use deltalake::DeltaTable;
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

use super::{
    report::{Audit, Floors, PartitionAudit},
    row_scan::{PartitionCoverage, scan},
};
use crate::{
    position::TopicLog,
    schema::{NO_MESSAGE, Table},
    table::Lake,
};

/// Partition ids above the highest one with rows whose positions are looked up as well. A
/// partition may have a position and no rows.
const EXTRA_PARTITION_IDS: i32 = 16;

/// Audits the rows that were archived from `topic` to `table`. Returns `None` if the table does
/// not exist yet.
///
/// # Errors
/// When the storage is unavailable or the table can't be read.
pub async fn audit(lake: &Lake, table: &Table, topic: &str) -> anyhow::Result<Option<Audit>> {
    let Some(opened) = lake.open(table.name).await? else { return Ok(None) };
    audit_table(lake, &opened, table, topic, &Floors::new()).await.map(Some)
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
    floors: &Floors,
) -> anyhow::Result<Audit> {
    let version = table.version().context("the table is not loaded")?;
    let mut found = scan(lake, table, &schema.arrow_schema(), floors).await.context("audit")?;
    // Positions are looked up per log, because an application id names exactly one.
    let logs: BTreeSet<LogId> = found.keys().map(|(log, _)| log.clone()).collect();
    let mut partitions = Vec::new();
    for log in logs {
        let of_log: BTreeMap<i32, PartitionCoverage> = found
            .extract_if(.., |key, _| key.0 == log)
            .map(|((_, partition), coverage)| (partition, coverage))
            .collect();
        let log = TopicLog { id: log, topic: topic.to_owned() };
        partitions.extend(audit_log(lake, table, &log, of_log).await?);
    }
    Ok(Audit { table: schema.name.to_owned(), version, partitions })
}

async fn audit_log(
    lake: &Lake,
    table: &DeltaTable,
    log: &TopicLog,
    mut found: BTreeMap<i32, PartitionCoverage>,
) -> anyhow::Result<Vec<PartitionAudit>> {
    let last = found.keys().next_back().copied().unwrap_or(-1);
    let ids: Vec<i32> = (0..=last.saturating_add(EXTRA_PARTITION_IDS)).collect();
    let positions = log.positions(lake, table, &ids).await?;
    // A partition with a position and no rows has lost everything before the position.
    for id in positions.keys() {
        found.entry(*id).or_default();
    }
    let audited = found.into_iter().map(|(partition, coverage)| {
        assess(log.id.clone(), partition, positions.get(&partition).copied(), coverage)
    });
    Ok(audited.collect())
}

pub(super) fn assess(
    log: LogId,
    partition: i32,
    position: Option<i64>,
    coverage: PartitionCoverage,
) -> PartitionAudit {
    // Without a row, all offsets up to the position are missing. But a log that was accepted as a
    // new one starts with a position.
    let empty_at = if log.is_recreated() { position.unwrap_or(0) } else { 0 };
    let empty = OffsetRange { start: empty_at, end: empty_at };
    let bounds = coverage.offsets.bounds().unwrap_or(empty);
    let end = position.unwrap_or(bounds.end);
    let past_position = OffsetRange { start: end.max(bounds.start), end: bounds.end };

    // Offsets that a row covers without being their message: lost, or never a message.
    let mut lost = Vec::new();
    let mut no_message = 0;
    for gap in coverage.covered_gaps {
        if gap.reason == NO_MESSAGE {
            no_message += gap.range.len();
        } else {
            lost.push(gap.range);
        }
    }
    lost.sort_unstable();

    PartitionAudit {
        log,
        partition,
        first: bounds.start,
        position,
        stored: coverage.total.messages - coverage.rejected,
        rejected: coverage.rejected,
        total: coverage.total,
        above_floor: coverage.above_floor,
        duplicates: coverage.offsets.duplicates(),
        overlaps: coverage.offsets.overlaps(),
        gaps: coverage.offsets.gaps(OffsetRange { start: bounds.start, end }),
        past_position: if past_position.is_empty() { None } else { Some(past_position) },
        lost,
        no_message,
    }
}
