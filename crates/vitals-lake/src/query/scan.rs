//! A scan of the readings that arrived in a period, patient by patient.

use deltalake::datafusion::{
    execution::SendableRecordBatchStream,
    logical_expr::{Expr, not},
    prelude::ident,
};
use vitals_core::domain::vital::{VITALS as ALL_VITALS, Vital};

use super::plan::timestamp;
use crate::{
    rewrite,
    schema::{REJECTED, VITALS},
    table::Lake,
};

/// The memory limit of the sort, bytes. Larger ones spill to temporary files.
const SORT_MEMORY_BYTES: usize = 256 << 20;

/// The columns of a scan besides the vitals.
const COLUMNS: [&str; 11] = [
    "patient_id",
    "time",
    "device_time",
    "kafka_time",
    "supplemental_oxygen",
    "consciousness",
    "device_id",
    "ward",
    "bed",
    "flags",
    "refused",
];

/// The readings that arrived from `from_ms` to `to_ms`, exclusive, ordered by patient and arrival;
/// `None` if the table has not been created.
///
/// # Errors
/// When the lake can't be read.
pub async fn readings(
    lake: &Lake,
    from_ms: i64,
    to_ms: i64,
) -> anyhow::Result<Option<SendableRecordBatchStream>> {
    let Some(table) = lake.open(VITALS.name).await? else { return Ok(None) };
    let session = rewrite::session(SORT_MEMORY_BYTES)?;
    let arrival = ident("kafka_time");
    let arrived = arrival.clone().gt_eq(timestamp(from_ms)).and(arrival.lt(timestamp(to_ms)));
    // Arrivals within the same millisecond keep their order in Kafka.
    let order = ["patient_id", "kafka_time", "kafka_partition", "kafka_offset"];
    let rows = session
        .read_table(table.table_provider().await?)?
        .filter(not(ident(REJECTED)).and(arrived))?
        .sort_by(order.map(ident).to_vec())?
        .select(reading_columns())?;
    Ok(Some(rows.execute_stream().await?))
}

/// The columns of [`ReadingRows`](super::ReadingRows).
pub(super) fn reading_columns() -> Vec<Expr> {
    let vitals = ALL_VITALS.into_iter().map(Vital::name);
    COLUMNS.into_iter().chain(vitals).map(ident).collect()
}
