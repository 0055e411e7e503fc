//! One pass over all rows, with little memory however many there are.

use std::collections::BTreeMap;

use anyhow::Context as _;
use deltalake::{
    DeltaTable,
    arrow::{
        array::{Array as _, AsArray, RecordBatch},
        compute::cast,
        datatypes::{DataType, Int32Type, Int64Type, SchemaRef},
    },
    datafusion::{
        execution::SendableRecordBatchStream,
        prelude::{SessionConfig, SessionContext, ident},
    },
};
use futures::TryStreamExt as _;
use tokio::task::JoinSet;

use super::{Floors, Key, Range, offset_set::Cover};
use crate::{
    checksum::row_hashes,
    schema::{COVERS_TO, REJECTED},
    table::Lake,
};

/// Rows after which the runs of offsets are looked for.
const SHRINK_ROWS: usize = 1 << 20;

/// What the rows of one Kafka partition say.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) cover: Cover,
    pub(super) stored: i64,
    pub(super) rejected: i64,
    /// Offsets that a row stands for that is no message: with the row's reason.
    pub(super) stand_ins: Vec<(String, Range)>,
    pub(super) checksum: u64,
    /// Messages and checksum from the floor on.
    pub(super) above: (i64, u64),
}

pub(super) type Tallies = BTreeMap<Key, Tally>;

/// Reads every row of `table`.
///
/// # Errors
/// When the storage does not answer in time or a file can't be read.
pub(super) async fn scan(
    lake: &Lake,
    table: &DeltaTable,
    schema: &SchemaRef,
    floors: &Floors,
) -> anyhow::Result<Tallies> {
    let mut config = SessionConfig::new();
    config.options_mut().execution.parquet.schema_force_view_types = false;
    let session = SessionContext::new_with_config(config);
    let rows = session.read_table(table.table_provider().await?)?;
    let has = |name: &str| rows.schema().has_column_with_unqualified_name(name);
    let columns = schema.fields().iter().filter(|field| has(field.name()));
    let columns: Vec<_> = columns.map(|field| ident(field.name())).collect();
    let streams = rows.select(columns)?.execute_stream_partitioned().await?;
    let mut tasks = JoinSet::new();
    for stream in streams {
        let (lake, schema, floors) = (lake.clone(), SchemaRef::clone(schema), floors.clone());
        tasks.spawn(async move { tally(&lake, stream, &schema, &floors).await });
    }
    let mut found = Tallies::new();
    while let Some(part) = tasks.join_next().await {
        for (key, tally) in part.context("a part of the audit died")?? {
            found.entry(key).or_default().merge(tally);
        }
    }
    Ok(found)
}

async fn tally(
    lake: &Lake,
    mut rows: SendableRecordBatchStream,
    schema: &SchemaRef,
    floors: &Floors,
) -> anyhow::Result<Tallies> {
    let mut found = Tallies::new();
    let mut since_shrunk = 0;
    while let Some(batch) = lake.within("read rows", rows.try_next()).await? {
        add(&mut found, &batch, schema, floors)?;
        since_shrunk += batch.num_rows();
        if since_shrunk > SHRINK_ROWS {
            found.values_mut().for_each(|tally| tally.cover.shrink());
            since_shrunk = 0;
        }
    }
    Ok(found)
}

pub(super) fn add(
    found: &mut Tallies,
    batch: &RecordBatch,
    schema: &SchemaRef,
    floors: &Floors,
) -> anyhow::Result<()> {
    let hashes = row_hashes(schema, batch)?;
    let column =
        |name: &str| batch.column_by_name(name).with_context(|| format!("no column {name}"));
    let clusters = cast(column("kafka_cluster")?, &DataType::Utf8)?;
    let clusters = clusters.as_string::<i32>();
    let partitions = column("kafka_partition")?.as_primitive::<Int32Type>();
    let offsets = column("kafka_offset")?.as_primitive::<Int64Type>();
    let rejected = column(REJECTED)?.as_boolean();
    let ends = batch.column_by_name(COVERS_TO).map(AsArray::as_primitive::<Int64Type>);
    let reasons = batch.column_by_name("reject_reason");
    let reasons = reasons.map(|reasons| cast(reasons, &DataType::Utf8)).transpose()?;
    let mut key = (String::new(), -1);
    for (row, hash) in hashes.into_iter().enumerate() {
        if key.1 != partitions.value(row) || key.0 != clusters.value(row) {
            key = (clusters.value(row).to_owned(), partitions.value(row));
        }
        let tally = match found.get_mut(&key) {
            Some(tally) => tally,
            None => found.entry(key.clone()).or_default(),
        };
        let offset = offsets.value(row);
        if let Some(ends) = ends.filter(|ends| ends.is_valid(row)) {
            let reason =
                reasons.as_ref().map_or("", |reasons| reasons.as_string::<i32>().value(row));
            tally.stand_in(reason, Range { from: offset, to: ends.value(row) })?;
        } else {
            let floor = floors.get(&key).copied().unwrap_or(i64::MAX);
            tally.message(offset, rejected.value(row), hash, offset >= floor)?;
        }
    }
    Ok(())
}

impl Tally {
    fn message(
        &mut self,
        offset: i64,
        rejected: bool,
        hash: u64,
        above: bool,
    ) -> anyhow::Result<()> {
        self.cover.add(unsigned(offset)?);
        *if rejected { &mut self.rejected } else { &mut self.stored } += 1;
        self.checksum = self.checksum.wrapping_add(hash);
        if above {
            self.above.0 += 1;
            self.above.1 = self.above.1.wrapping_add(hash);
        }
        Ok(())
    }

    fn stand_in(&mut self, reason: &str, range: Range) -> anyhow::Result<()> {
        self.cover.add_range(unsigned(range.from)?, unsigned(range.to)?);
        self.stand_ins.push((reason.to_owned(), range));
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.cover.merge(&other.cover);
        self.stored += other.stored;
        self.rejected += other.rejected;
        self.stand_ins.extend(other.stand_ins);
        self.checksum = self.checksum.wrapping_add(other.checksum);
        self.above.0 += other.above.0;
        self.above.1 = self.above.1.wrapping_add(other.above.1);
    }
}

fn unsigned(offset: i64) -> anyhow::Result<u64> {
    u64::try_from(offset).with_context(|| format!("offset {offset} in the table"))
}
