//! The rows of a range of offsets: those that have their message, and those that stand for it.

use arrow::{
    array::{Array as _, AsArray as _, RecordBatch},
    datatypes::{DataType, Int64Type},
};
use deltalake::{
    DeltaTable,
    datafusion::{
        logical_expr::{Expr, lit},
        prelude::{DataFrame, SessionContext, ident},
    },
    kernel::LogicalFileView,
};
use futures::TryStreamExt as _;
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

use super::offsets::Offsets;
use crate::{
    columns::column,
    rejected::rejected_files,
    rewrite,
    schema::{COVERS_TO, ERASED, TOMBSTONE},
    table::Lake,
};

/// The memory limit of a scan, bytes.
pub(super) const READ_MEMORY_BYTES: usize = 64 << 20;

/// The rows of a range of offsets of one partition.
pub struct Inspection {
    /// The partition's log.
    pub log: LogId,
    /// The partition.
    pub partition: i32,
    /// The offsets that have neither a row with their message nor were erased.
    pub missing: Offsets,
    /// Those of the missing offsets that a row stands for: lost, unreadable, never a message.
    pub stood_for: Offsets,
    /// The files with such rows.
    pub(super) files: Vec<LogicalFileView>,
}

/// Inspects the rows of `range` in the loaded version of `table`.
///
/// # Errors
/// When the table can't be read in time.
pub async fn inspect(
    lake: &Lake,
    table: &DeltaTable,
    log: &LogId,
    partition: i32,
    range: OffsetRange,
) -> anyhow::Result<Inspection> {
    // The messages that have a row.
    let session = rewrite::session(READ_MEMORY_BYTES)?;
    let rows = session.read_table(table.table_provider().await?)?;
    let is_in_range =
        ident("kafka_offset").gt_eq(lit(range.start)).and(ident("kafka_offset").lt(lit(range.end)));
    let messages =
        rows.filter(is_of(log, partition).and(is_in_range))?.filter(ident(COVERS_TO).is_null())?;
    let mut missing = Offsets::from(range);
    let mut stored = Offsets::default();
    each(lake, messages, |row| stored.insert(row.start)).await?;
    missing -= &stored;

    // The rows that stand for offsets without their message.
    let mut stood_for = Offsets::default();
    let mut settled = Offsets::default();
    let mut files = Vec::new();
    for file in rejected_files(table)? {
        let gaps = stand_ins(&session, table, &file, log, partition).await?;
        let mut concerned = false;
        each(lake, gaps, |gap| {
            if gap.start >= range.end || gap.end <= range.start {
                return;
            }
            let covered = OffsetRange { start: gap.start, end: gap.end };
            // Erased messages are absent on purpose and must not come back. A tombstone is a message:
            // the row that covers it is its own.
            if matches!(gap.reason, ERASED | TOMBSTONE) {
                settled.insert_range(covered);
            } else {
                stood_for.insert_range(covered);
                concerned = true;
            }
        })
        .await?;
        if concerned {
            files.push(file);
        }
    }
    missing -= &settled;
    stood_for &= &missing;
    Ok(Inspection { log: log.clone(), partition, missing, stood_for, files })
}

/// The condition on the rows of a partition of a log.
pub(super) fn is_of(log: &LogId, partition: i32) -> Expr {
    let is_of_log = ident("kafka_cluster").eq(lit(log.as_str()));
    is_of_log.and(ident("kafka_partition").eq(lit(partition)))
}

async fn stand_ins(
    session: &SessionContext,
    table: &DeltaTable,
    file: &LogicalFileView,
    log: &LogId,
    partition: i32,
) -> anyhow::Result<DataFrame> {
    let rows = rewrite::rows(session, table, std::slice::from_ref(file)).await?;
    Ok(rows.filter(is_of(log, partition))?.filter(ident(COVERS_TO).is_not_null())?)
}

/// The offsets of a row, and its reason.
pub(super) struct RowOffsets<'a> {
    pub(super) start: i64,
    /// The offset after the last one that the row covers.
    pub(super) end: i64,
    pub(super) reason: &'a str,
}

async fn each(
    lake: &Lake,
    rows: DataFrame,
    mut visit: impl FnMut(RowOffsets<'_>),
) -> anyhow::Result<()> {
    let columns = ["kafka_offset", COVERS_TO, "reject_reason"].map(ident);
    let mut rows = rows.select(columns)?.execute_stream().await?;
    while let Some(batch) = lake.within("read offsets", rows.try_next()).await? {
        visit_rows(&batch, &mut visit)?;
    }
    Ok(())
}

/// Calls `visit` with each row of `batch`.
pub(super) fn visit_rows(
    batch: &RecordBatch,
    mut visit: impl FnMut(RowOffsets<'_>),
) -> anyhow::Result<()> {
    let offsets = column(batch, "kafka_offset", &DataType::Int64)?;
    let offsets = offsets.as_primitive::<Int64Type>();
    let ends = column(batch, COVERS_TO, &DataType::Int64)?;
    let ends = ends.as_primitive::<Int64Type>();
    let reasons = column(batch, "reject_reason", &DataType::Utf8)?;
    let reasons = reasons.as_string::<i32>();
    for row in 0..batch.num_rows() {
        let start = offsets.value(row);
        let end = if ends.is_valid(row) { ends.value(row) } else { start + 1 };
        let reason = if reasons.is_valid(row) { reasons.value(row) } else { "" };
        visit(RowOffsets { start, end, reason });
    }
    Ok(())
}
