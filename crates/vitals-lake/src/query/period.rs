//! The readings measured in a period, and the messages rejected in it, in bounded memory.
//!
//! ```text
//! 1. rows per patient ─▶ chunks: consecutive patients with at most CHUNK_ROWS rows
//! 2. each chunk: filter ─▶ sort by patient and time ─▶ visit, reading by reading
//! ```
//!
//! A compacted file is sorted by patient, so a chunk reads little more than its own rows.

use arrow::{
    array::{Array as _, AsArray as _, RecordBatch},
    datatypes::{DataType, Int64Type},
};
use deltalake::{
    DeltaTable,
    datafusion::{
        execution::{config::SessionConfig, runtime_env::RuntimeEnvBuilder},
        functions_aggregate::expr_fn::count,
        logical_expr::{Expr, lit, not},
        prelude::{DataFrame, SessionContext, ident},
    },
};
use futures::TryStreamExt as _;
use vitals_core::domain::decode::Decoded;

use super::{plan::timestamp, reading_rows::ReadingRows, scan::reading_columns, tables::Tables};
use crate::{
    columns::column,
    schema::{COVERS_TO, REJECTED},
    table::Lake,
};

/// Rows of a chunk: about 60 MiB while they are sorted.
const CHUNK_ROWS: i64 = 400_000;

/// The memory limit of a query, bytes. A larger sort, of a single patient, spills to temporary files.
const MEMORY_BYTES: usize = 192 << 20;

/// Rows per batch of rejected messages, whose payloads may be large.
const REJECTED_BATCH: usize = 128;

/// Readings per batch.
const READINGS_BATCH: usize = 8192;

/// A period, and the ward to which its readings are restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period<'a> {
    /// The start, ms since the epoch.
    pub from_ms: i64,
    /// The end, exclusive, ms since the epoch.
    pub to_ms: i64,
    /// Readings that name another ward are left out. Those that name none are included.
    pub ward: Option<&'a str>,
}

/// The consecutive patients of a chunk.
#[derive(Debug, PartialEq, Eq)]
struct Chunk {
    first: String,
    last: String,
    rows: i64,
}

impl Period<'_> {
    /// Calls `visit` with every reading measured in the period, ordered by patient, time, device and
    /// sequence: a reading that was sent again follows the first one, unless its clock is ahead and
    /// each arrival places it anew.
    ///
    /// # Errors
    /// When the lake can't be read.
    pub async fn readings(
        &self,
        tables: &Tables,
        visit: impl FnMut(&Decoded<'_>) + Send,
    ) -> anyhow::Result<()> {
        let Tables { lake, vitals, .. } = tables;
        let read = async |table| self.read_readings(lake, &table, visit).await;
        vitals.read(lake, read).await.map(drop)
    }

    async fn read_readings(
        &self,
        lake: &Lake,
        table: &DeltaTable,
        mut visit: impl FnMut(&Decoded<'_>) + Send,
    ) -> anyhow::Result<()> {
        for chunk in self.chunks(lake, table).await? {
            let patients = ident("patient_id")
                .gt_eq(lit(&*chunk.first))
                .and(ident("patient_id").lt_eq(lit(&*chunk.last)));
            let order = ["patient_id", "time", "device_id", "sequence"];
            let rows = self
                .table_rows(table, READINGS_BATCH)
                .await?
                .filter(patients)?
                .sort_by(order.map(ident).to_vec())?
                .select(reading_columns())?;
            let mut batches = lake.within("read the readings", rows.execute_stream()).await?;
            while let Some(batch) = lake.within("read the readings", batches.try_next()).await? {
                let rows = ReadingRows::new(&batch)?;
                (0..batch.num_rows()).for_each(|row| visit(&rows.decoded(row)));
            }
        }
        Ok(())
    }

    /// Calls `visit` with the reason and the payload of every message rejected in the period, of
    /// all wards.
    ///
    /// # Errors
    /// When the lake can't be read.
    pub async fn rejected(
        &self,
        tables: &Tables,
        visit: impl FnMut(&str, &[u8]) + Send,
    ) -> anyhow::Result<()> {
        let Tables { lake, vitals, .. } = tables;
        let read = async |table| self.read_rejected(lake, &table, visit).await;
        vitals.read(lake, read).await.map(drop)
    }

    async fn read_rejected(
        &self,
        lake: &Lake,
        table: &DeltaTable,
        mut visit: impl FnMut(&str, &[u8]) + Send,
    ) -> anyhow::Result<()> {
        let rows = session(REJECTED_BATCH)?
            .read_table(table.table_provider().await?)?
            .filter(ident(REJECTED).and(ident(COVERS_TO).is_null()).and(self.within("kafka_time")))?
            .select(["reject_reason", "reject_payload"].map(ident).to_vec())?;
        let purpose = "read the rejected messages";
        let mut batches = lake.within(purpose, rows.execute_stream()).await?;
        while let Some(batch) = lake.within(purpose, batches.try_next()).await? {
            visit_rejected(&batch, &mut visit)?;
        }
        Ok(())
    }

    async fn chunks(&self, lake: &Lake, table: &DeltaTable) -> anyhow::Result<Vec<Chunk>> {
        let counts = self
            .table_rows(table, READINGS_BATCH)
            .await?
            .aggregate(vec![ident("patient_id")], vec![count(lit(1)).alias("rows")])?
            .sort_by(vec![ident("patient_id")])?;
        let counts = lake.within("count the readings", counts.collect()).await?;
        let mut chunks = Vec::new();
        for batch in &counts {
            let patients = column(batch, "patient_id", &DataType::Utf8)?;
            let rows = column(batch, "rows", &DataType::Int64)?;
            let (patients, rows) = (patients.as_string::<i32>(), rows.as_primitive::<Int64Type>());
            for row in 0..batch.num_rows() {
                add_patient(&mut chunks, patients.value(row), rows.value(row));
            }
        }
        Ok(chunks)
    }

    async fn table_rows(&self, table: &DeltaTable, batch: usize) -> anyhow::Result<DataFrame> {
        let mut rows = not(ident(REJECTED)).and(self.within("time"));
        if let Some(ward) = self.ward {
            rows = rows.and(ident("ward").eq(lit(ward)).or(ident("ward").is_null()));
        }
        Ok(session(batch)?.read_table(table.table_provider().await?)?.filter(rows)?)
    }

    fn within(&self, time: &str) -> Expr {
        ident(time).gt_eq(timestamp(self.from_ms)).and(ident(time).lt(timestamp(self.to_ms)))
    }
}

/// Adds a patient to the last chunk, or to a new one if that has no room.
fn add_patient(chunks: &mut Vec<Chunk>, patient: &str, rows: i64) {
    match chunks.last_mut() {
        Some(chunk) if chunk.rows + rows <= CHUNK_ROWS => {
            patient.clone_into(&mut chunk.last);
            chunk.rows += rows;
        }
        _ => chunks.push(Chunk { first: patient.to_owned(), last: patient.to_owned(), rows }),
    }
}

/// A single-threaded session with bounded memory.
fn session(batch_rows: usize) -> anyhow::Result<SessionContext> {
    let mut config = SessionConfig::new().with_target_partitions(1).with_batch_size(batch_rows);
    let options = config.options_mut();
    // Rows of other patients are dropped while the file is decoded.
    options.execution.parquet.pushdown_filters = true;
    // A sort reserves this for merging its spill files.
    options.execution.sort_spill_reservation_bytes = MEMORY_BYTES / 4;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(MEMORY_BYTES, 1.0).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

fn visit_rejected(
    batch: &RecordBatch,
    visit: &mut (impl FnMut(&str, &[u8]) + Send),
) -> anyhow::Result<()> {
    let reasons = column(batch, "reject_reason", &DataType::Utf8)?;
    let payloads = column(batch, "reject_payload", &DataType::Binary)?;
    let (reasons, payloads) = (reasons.as_string::<i32>(), payloads.as_binary::<i32>());
    for row in 0..batch.num_rows() {
        let reason = if reasons.is_valid(row) { reasons.value(row) } else { "unknown" };
        let payload = if payloads.is_valid(row) { payloads.value(row) } else { &[] };
        visit(reason, payload);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_has_consecutive_patients_up_to_its_rows() {
        let mut chunks = Vec::new();
        let patients = [("a", 100_000), ("b", 300_000), ("c", 1), ("d", 900_000), ("e", 5)];
        for (patient, rows) in patients {
            add_patient(&mut chunks, patient, rows);
        }
        let found: Vec<_> =
            chunks.iter().map(|chunk| (&*chunk.first, &*chunk.last, chunk.rows)).collect();
        assert_eq!(found, [("a", "b", 400_000), ("c", "c", 1), ("d", "d", 900_000), ("e", "e", 5)]);
    }
}
