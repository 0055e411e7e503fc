//! One pass over all rows, with memory that hardly grows with their number.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use arrow::{
    array::{Array as _, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int32Type, Int64Type, SchemaRef},
};
use deltalake::{
    DeltaTable,
    datafusion::{
        execution::SendableRecordBatchStream,
        prelude::{SessionConfig, SessionContext, ident},
    },
};
use futures::TryStreamExt as _;
use tokio::task::JoinSet;
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

use super::{
    offset_set::OffsetSet,
    report::{LogPartition, Selected, Selections, Totals},
};
use crate::{
    checksum::row_hashes,
    schema::{COVERS_TO, REJECTED},
    table::Lake,
};

/// The number of rows after which the offset sets are compressed.
const COMPRESS_ROWS: usize = 1 << 20;

/// Offsets without a message that one row covers.
#[derive(Debug, Clone)]
pub(super) struct OffsetGap {
    /// The row's `reject_reason`.
    pub(super) reason: String,
    pub(super) range: OffsetRange,
}

/// The rows of one Kafka partition.
#[derive(Debug, Clone, Default)]
pub(super) struct PartitionCoverage {
    pub(super) offsets: OffsetSet,
    /// The number of rejected messages.
    pub(super) rejected: i64,
    pub(super) covered_gaps: Vec<OffsetGap>,
    /// The totals of all messages.
    pub(super) total: Totals,
    /// The totals of the selected messages.
    pub(super) selected: Totals,
}

pub(super) type Coverages = BTreeMap<LogPartition, PartitionCoverage>;

/// Reads every row of `table`.
///
/// # Errors
/// When the storage does not respond in time or a file can't be read.
pub(super) async fn scan(
    lake: &Lake,
    table: &DeltaTable,
    schema: &SchemaRef,
    selections: &Selections,
) -> anyhow::Result<Coverages> {
    // Read only the columns that the table has; an old one may lack some.
    let mut config = SessionConfig::new();
    config.options_mut().execution.parquet.schema_force_view_types = false;
    let session = SessionContext::new_with_config(config);
    let rows = session.read_table(table.table_provider().await?)?;
    let columns: Vec<_> = schema
        .fields()
        .iter()
        .filter(|field| rows.schema().has_column_with_unqualified_name(field.name()))
        .map(|field| ident(field.name()))
        .collect();
    let streams = rows.select(columns)?.execute_stream_partitioned().await?;

    // One task per stream, so that hashing uses all cores.
    let scanner =
        Arc::new(Scanner { schema: SchemaRef::clone(schema), selections: selections.clone() });
    let mut tasks = JoinSet::new();
    for stream in streams {
        let lake = lake.clone();
        let scanner = Arc::clone(&scanner);
        tasks.spawn(async move { scanner.scan_stream(&lake, stream).await });
    }

    let mut found = Coverages::new();
    while let Some(part) = tasks.join_next().await {
        for (key, coverage) in part.context("an audit task panicked")?? {
            found.entry(key).or_default().merge(coverage);
        }
    }
    Ok(found)
}

/// The parameters of a scan.
pub(super) struct Scanner {
    pub(super) schema: SchemaRef,
    pub(super) selections: Selections,
}

impl Scanner {
    async fn scan_stream(
        &self,
        lake: &Lake,
        mut rows: SendableRecordBatchStream,
    ) -> anyhow::Result<Coverages> {
        let mut found = Coverages::new();
        let mut rows_since_compression = 0;
        while let Some(batch) = lake.within("read rows", rows.try_next()).await? {
            self.add(&mut found, &batch)?;
            rows_since_compression += batch.num_rows();
            // Compressed on the way, because single offsets take far more memory than runs.
            if rows_since_compression > COMPRESS_ROWS {
                found.values_mut().for_each(|coverage| coverage.offsets.compress());
                rows_since_compression = 0;
            }
        }
        Ok(found)
    }

    /// Adds the rows of `batch` to the coverage of their partitions.
    pub(super) fn add(&self, found: &mut Coverages, batch: &RecordBatch) -> anyhow::Result<()> {
        let hashes = row_hashes(&self.schema, batch)?;
        let columns = KafkaColumns::new(batch)?;
        let mut key: LogPartition = (LogId::default(), -1);
        for (row, hash) in hashes.into_iter().enumerate() {
            // Neighbouring rows mostly share their partition, so the key is rarely rebuilt.
            if !columns.is_of(row, &key) {
                key = columns.key(row);
            }
            let coverage = match found.get_mut(&key) {
                Some(coverage) => coverage,
                None => found.entry(key.clone()).or_default(),
            };
            match columns.gap(row) {
                Some(gap) => coverage.add_gap(gap)?,
                None => {
                    coverage.add_message(&columns, row, hash, self.selections.get(&key))?;
                }
            }
        }
        Ok(())
    }
}

/// The columns of a batch that the audit reads.
struct KafkaColumns<'a> {
    clusters: ArrayRef,
    partitions: &'a Int32Array,
    offsets: &'a Int64Array,
    rejected: &'a BooleanArray,
    covers_to: Option<&'a Int64Array>,
    reasons: Option<ArrayRef>,
}

impl<'a> KafkaColumns<'a> {
    fn new(batch: &'a RecordBatch) -> anyhow::Result<Self> {
        let reasons = batch.column_by_name("reject_reason");
        Ok(Self {
            clusters: cast(column(batch, "kafka_cluster")?, &DataType::Utf8)?,
            partitions: column(batch, "kafka_partition")?.as_primitive::<Int32Type>(),
            offsets: column(batch, "kafka_offset")?.as_primitive::<Int64Type>(),
            rejected: column(batch, REJECTED)?.as_boolean(),
            covers_to: batch.column_by_name(COVERS_TO).map(AsArray::as_primitive::<Int64Type>),
            reasons: reasons.map(|reasons| cast(reasons, &DataType::Utf8)).transpose()?,
        })
    }

    fn cluster(&self, row: usize) -> &str {
        self.clusters.as_string::<i32>().value(row)
    }

    fn is_of(&self, row: usize, key: &LogPartition) -> bool {
        key.1 == self.partitions.value(row) && key.0.as_str() == self.cluster(row)
    }

    fn key(&self, row: usize) -> LogPartition {
        (LogId::from(self.cluster(row).to_owned()), self.partitions.value(row))
    }

    /// The offsets that a row covers without being their message; `None` for a message's row.
    fn gap(&self, row: usize) -> Option<OffsetGap> {
        let covers_to = self.covers_to?;
        if covers_to.is_null(row) {
            return None;
        }
        let reason = self.reasons.as_ref().map_or("", |it| it.as_string::<i32>().value(row));
        let range = OffsetRange { start: self.offsets.value(row), end: covers_to.value(row) };
        Some(OffsetGap { reason: reason.to_owned(), range })
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> anyhow::Result<&'a ArrayRef> {
    batch.column_by_name(name).with_context(|| format!("no column {name}"))
}

impl PartitionCoverage {
    fn add_message(
        &mut self,
        columns: &KafkaColumns<'_>,
        row: usize,
        hash: u64,
        selected: Option<&Selected>,
    ) -> anyhow::Result<()> {
        let offset = columns.offsets.value(row);
        self.offsets.insert(unsigned(offset)?);
        self.rejected += i64::from(columns.rejected.value(row));
        self.total.add(hash);
        if selected.is_some_and(|selected| selected.contains(offset)) {
            self.selected.add(hash);
        }
        Ok(())
    }

    fn add_gap(&mut self, gap: OffsetGap) -> anyhow::Result<()> {
        self.offsets.insert_range(unsigned(gap.range.start)?, unsigned(gap.range.end)?);
        self.covered_gaps.push(gap);
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.offsets.merge(&other.offsets);
        self.rejected += other.rejected;
        self.covered_gaps.extend(other.covered_gaps);
        self.total.merge(other.total);
        self.selected.merge(other.selected);
    }
}

fn unsigned(offset: i64) -> anyhow::Result<u64> {
    u64::try_from(offset).with_context(|| format!("negative offset {offset} in the table"))
}
