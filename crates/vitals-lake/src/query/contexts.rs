//! The contexts of the patients.

use std::collections::HashMap;

use arrow::{
    array::{Array as _, AsArray as _},
    datatypes::DataType,
};
use deltalake::datafusion::{logical_expr::not, prelude::ident};
use futures::TryStreamExt as _;
use vitals_core::domain::patient_context::PatientContext;

use crate::{
    columns::column,
    rewrite,
    schema::{PATIENT_CONTEXT, REJECTED},
    table::Lake,
};

/// The memory limit of the sort, bytes. Larger ones spill to temporary files.
const SORT_MEMORY_BYTES: usize = 256 << 20;

/// The present contexts, by patient; none if the table has not been created.
///
/// # Errors
/// When the lake can't be read.
pub async fn present_contexts(lake: &Lake) -> anyhow::Result<HashMap<String, PatientContext>> {
    let mut contexts = HashMap::new();
    let Some(table) = lake.open(PATIENT_CONTEXT.name).await? else { return Ok(contexts) };
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
