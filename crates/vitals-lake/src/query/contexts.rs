//! The contexts of the patients.

use std::collections::HashMap;

use arrow::{
    array::{Array as _, AsArray as _},
    datatypes::DataType,
};
use deltalake::{
    DeltaTable,
    datafusion::{logical_expr::not, prelude::ident},
};
use futures::TryStreamExt as _;
use vitals_core::domain::patient_context::PatientContext;

use super::tables::Tables;
use crate::{columns::column, rewrite, schema::REJECTED, table::Lake};

/// The memory limit of the sort, bytes. Larger ones spill to temporary files.
const SORT_MEMORY_BYTES: usize = 256 << 20;

/// The present contexts, by patient; none if the table has not been created.
///
/// # Errors
/// When the lake can't be read.
pub async fn present_contexts(tables: &Tables) -> anyhow::Result<HashMap<String, PatientContext>> {
    let Tables { lake, contexts, .. } = tables;
    let found = contexts.read(lake, async |table| latest(lake, &table).await).await?;
    Ok(found.unwrap_or_default())
}

async fn latest(
    lake: &Lake,
    table: &DeltaTable,
) -> anyhow::Result<HashMap<String, PatientContext>> {
    let mut contexts = HashMap::new();
    let session = rewrite::session(SORT_MEMORY_BYTES)?;
    // Every change, oldest first.
    let rows = session
        .read_table(table.table_provider().await?)?
        .filter(not(ident(REJECTED)).and(ident("patient_id").is_not_null()))?
        .sort_by(["kafka_time", "kafka_partition", "kafka_offset"].map(ident).to_vec())?
        .select(["patient_id", "value"].map(ident).to_vec())?;
    let mut changes = lake.within("read the contexts", rows.execute_stream()).await?;
    while let Some(batch) = lake.within("read the contexts", changes.try_next()).await? {
        let ids = column(&batch, "patient_id", &DataType::Utf8)?;
        let ids = ids.as_string::<i32>();
        let values = column(&batch, "value", &DataType::Utf8)?;
        let values = values.as_string::<i32>();
        for row in 0..batch.num_rows() {
            // A tombstone has no value.
            let value = if values.is_valid(row) { values.value(row) } else { "" };
            match PatientContext::parse(value.as_bytes()) {
                Ok(context) => contexts.insert(ids.value(row).to_owned(), context),
                Err(_) => contexts.remove(ids.value(row)),
            };
        }
    }
    Ok(contexts)
}
