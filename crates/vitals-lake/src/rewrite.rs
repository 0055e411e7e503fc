//! New files for rows that are in the table already.

use std::{num::NonZeroU64, sync::Arc};

use anyhow::Context as _;
use deltalake::{
    DeltaTable,
    arrow::{
        array::{ArrayRef, RecordBatch, new_null_array},
        compute::cast,
        datatypes::SchemaRef,
        error::ArrowError,
    },
    datafile::writer::{DeltaWriter, WriterConfig},
    datafusion::{
        execution::{config::SessionConfig, runtime_env::RuntimeEnvBuilder},
        prelude::{DataFrame, SessionContext},
    },
    kernel::{Add, LogicalFileView},
    table::config::TablePropertiesExt as _,
};

use crate::{encoding, schema::REJECTED};

/// A session that works on one thread with `memory_bytes`, and with temporary files beyond.
pub(crate) fn session(memory_bytes: usize) -> anyhow::Result<SessionContext> {
    let mut config = SessionConfig::new().with_target_partitions(1);
    let options = config.options_mut();
    options.execution.parquet.schema_force_view_types = false;
    // What a sort keeps for merging its temporary files.
    options.execution.sort_spill_reservation_bytes = memory_bytes / 4;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory_bytes, 1.0).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// The rows of `files`.
///
/// # Errors
/// When one of them is not in the table any more.
pub(crate) async fn rows(
    session: &SessionContext,
    table: &DeltaTable,
    files: &[LogicalFileView],
) -> anyhow::Result<DataFrame> {
    let paths: Vec<String> = files.iter().map(|file| file.path().into_owned()).collect();
    let provider = table.table_provider().with_file_paths(paths).await?;
    Ok(session.read_table(provider)?)
}

/// Writes rows to files that no commit names yet.
pub(crate) struct Writer {
    schema: SchemaRef,
    inner: DeltaWriter,
}

impl Writer {
    /// A writer of files of `table` that grow up to about `target_bytes`.
    pub(crate) fn new(table: &DeltaTable, target_bytes: u64) -> anyhow::Result<Self> {
        let snapshot = table.snapshot()?.snapshot();
        let properties = snapshot.table_properties();
        let indexed = properties.data_skipping_stats_columns.as_ref();
        let indexed = indexed.map(|columns| columns.iter().map(ToString::to_string).collect());
        let schema = snapshot.arrow_schema();
        let config = WriterConfig::new(
            Arc::clone(&schema),
            vec![REJECTED.to_owned()],
            Some(encoding::properties(encoding::Files::Sorted)?),
            NonZeroU64::new(target_bytes),
            None,
            properties.num_indexed_cols(),
            indexed,
        );
        let store = table.log_store().object_store(None);
        Ok(Self { schema, inner: DeltaWriter::new(store, config) })
    }

    /// Adds rows; a column that they don't have is null.
    pub(crate) async fn write(&mut self, rows: &RecordBatch) -> anyhow::Result<()> {
        let rows = fit(rows, &self.schema)?;
        self.inner.write(&rows).await.context("write Parquet")
    }

    /// The finished files. Those of readings and of rejected messages are apart.
    pub(crate) async fn close(self) -> anyhow::Result<Vec<Add>> {
        self.inner.close().await.context("write Parquet")
    }
}

fn fit(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |name: &str, kind| match rows.column_by_name(name) {
        Some(column) if column.data_type() == kind => Ok(ArrayRef::clone(column)),
        Some(column) => cast(column, kind),
        None => Ok(new_null_array(kind, rows.num_rows())),
    };
    let columns = schema.fields().iter().map(|field| column(field.name(), field.data_type()));
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_, _>>()?)
}
