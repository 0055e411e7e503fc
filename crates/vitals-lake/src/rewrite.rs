//! Rewriting of rows that are already in the table: reading of existing files, and a writer for
//! their replacements.

use std::{num::NonZeroU64, sync::Arc};

use anyhow::Context as _;
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use deltalake::{
    DeltaTable,
    datafile::writer::{DeltaWriter, WriterConfig},
    datafusion::{
        execution::{config::SessionConfig, runtime_env::RuntimeEnvBuilder},
        prelude::{DataFrame, SessionContext},
    },
    kernel::{Add, LogicalFileView},
    table::config::TablePropertiesExt as _,
};

use crate::{
    encoding::{FileKind, writer_properties},
    schema::{REJECTED, conform},
};

/// A single-threaded session with `memory_bytes` of memory, which spills to temporary files
/// beyond that.
pub(crate) fn session(memory_bytes: usize) -> anyhow::Result<SessionContext> {
    let mut config = SessionConfig::new().with_target_partitions(1);
    let options = config.options_mut();
    // Plain strings: the writer would have to cast views back.
    options.execution.parquet.schema_force_view_types = false;
    // A sort reserves this for merging its spill files.
    options.execution.sort_spill_reservation_bytes = memory_bytes / 4;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory_bytes, 1.0).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// The data files of the loaded version, oldest first.
pub(crate) fn files(table: &DeltaTable) -> anyhow::Result<Vec<LogicalFileView>> {
    let log = table.snapshot()?.snapshot().try_log_data()?;
    let mut files: Vec<LogicalFileView> = log.into_iter().collect();
    files.sort_by_key(LogicalFileView::modification_time);
    Ok(files)
}

/// The number of a file's rows that no other writer has deleted; `None` if the log has no count.
pub(crate) fn live_rows(file: &LogicalFileView) -> Option<usize> {
    let deleted = file.deletion_vector_descriptor().map_or(0, |deleted| deleted.cardinality);
    file.num_records()?.checked_sub(usize::try_from(deleted).ok()?)
}

/// The rows of `files`.
///
/// # Errors
/// When one of them is no longer part of the table.
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
        // The statistics columns of the table's own properties, as for appended files.
        let indexed = properties.data_skipping_stats_columns.as_ref();
        let indexed = indexed.map(|columns| columns.iter().map(ToString::to_string).collect());
        let schema = snapshot.arrow_schema();
        let config = WriterConfig::new(
            Arc::clone(&schema),
            vec![REJECTED.to_owned()],
            Some(writer_properties(FileKind::Sorted)?),
            NonZeroU64::new(target_bytes),
            None,
            properties.num_indexed_cols(),
            indexed,
        );
        let store = table.log_store().object_store(None);
        Ok(Self { schema, inner: DeltaWriter::new(store, config) })
    }

    /// Adds rows. A column that they lack is null.
    pub(crate) async fn write(&mut self, rows: &RecordBatch) -> anyhow::Result<()> {
        let rows = conform(rows, &self.schema)?;
        self.inner.write(&rows).await.context("write Parquet")
    }

    /// Finishes the files. Valid and rejected messages are in separate files.
    pub(crate) async fn close(self) -> anyhow::Result<Vec<Add>> {
        self.inner.close().await.context("write Parquet")
    }
}
