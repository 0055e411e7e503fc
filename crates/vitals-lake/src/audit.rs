//! What the lake itself says about its completeness: every offset once, up to the position.

use std::collections::BTreeMap;

use anyhow::Context as _;
use deltalake::{
    DeltaTable,
    arrow::{
        array::{AsArray as _, RecordBatch},
        compute::cast,
        datatypes::{DataType, Int32Type, Int64Type},
    },
    datafusion::prelude::SessionContext,
};
use serde::Serialize;

use crate::{position::Source, schema::VITALS_TABLE, table::Lake};

/// Rows, distinct offsets, rejected rows, first and last offset of every partition.
const COUNTS: &str = "select kafka_cluster, kafka_partition, count(*), \
     count(distinct kafka_offset), count(*) filter (where rejected), min(kafka_offset), \
     max(kafka_offset) from vitals group by kafka_cluster, kafka_partition";

/// Offsets that don't follow their predecessor: the one before and the one after the hole.
const HOLES: &str = "select kafka_cluster, kafka_partition, before, kafka_offset from ( \
     select kafka_cluster, kafka_partition, kafka_offset, lag(kafka_offset) over ( \
     partition by kafka_cluster, kafka_partition order by kafka_offset) as before from vitals) \
     where kafka_offset > before + 1";

/// Offsets from `from` up to, not including, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The first offset.
    pub from: i64,
    /// The offset after the last.
    pub to: i64,
}

/// What the table says about one Kafka partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// The Kafka cluster's id.
    pub cluster: String,
    /// The partition.
    pub partition: i32,
    /// The first offset that is stored.
    pub first: i64,
    /// The next offset according to the table's log; `None` is a finding.
    pub position: Option<i64>,
    /// Stored readings.
    pub stored: i64,
    /// Rejected messages.
    pub rejected: i64,
    /// Rows whose offset is there already. Each is a finding.
    pub twice: i64,
    /// Offsets without a row between the first and the position. Each is a finding, unless the
    /// topic is written in transactions, whose marks take offsets, or Kafka had deleted them.
    pub gaps: Vec<Range>,
    /// Offsets that are stored though the position is not past them. A finding.
    pub beyond: Option<Range>,
}

impl Partition {
    /// Whether every offset from the first to the position is there once.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.position.is_some() && self.twice == 0 && self.gaps.is_empty() && self.beyond.is_none()
    }
}

/// What one version of the table says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The table's version.
    pub version: u64,
    /// By cluster and partition.
    pub partitions: Vec<Partition>,
}

impl Audit {
    /// Whether every partition is clean.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.partitions.iter().all(Partition::is_clean)
    }
}

/// Audits what was archived from `topic`; `None` when there is no table yet.
///
/// # Errors
/// When the storage is away or the table can't be read.
pub async fn audit(lake: &Lake, topic: &str) -> anyhow::Result<Option<Audit>> {
    let Some(table) = lake.open(VITALS_TABLE).await? else { return Ok(None) };
    let session = SessionContext::new();
    session.register_table("vitals", table.table_provider().await?)?;
    let mut found = counts(&query(&session, COUNTS).await?)?;
    for (key, hole) in holes(&query(&session, HOLES).await?)? {
        if let Some(partition) = found.get_mut(&key) {
            partition.gaps.push(hole);
        }
    }
    let mut partitions: Vec<Partition> = found.into_values().collect();
    for partition in &mut partitions {
        compare_with_position(lake, &table, topic, partition).await?;
    }
    let version = table.version().context("the table is not loaded")?;
    Ok(Some(Audit { version, partitions }))
}

type Key = (String, i32);

async fn query(session: &SessionContext, sql: &str) -> anyhow::Result<Vec<RecordBatch>> {
    session.sql(sql).await?.collect().await.context("lake: audit")
}

/// Calls `row` with the key and the numbers behind it, for every row.
fn each_row(
    batches: &[RecordBatch],
    mut row: impl FnMut(Key, &dyn Fn(usize) -> i64),
) -> anyhow::Result<()> {
    for batch in batches {
        // DataFusion has its strings as views.
        let clusters = cast(batch.column(0), &DataType::Utf8)?;
        let clusters = clusters.as_string::<i32>();
        let partitions = batch.column(1).as_primitive::<Int32Type>();
        for index in 0..batch.num_rows() {
            let key = (clusters.value(index).to_owned(), partitions.value(index));
            row(key, &|column| batch.column(column).as_primitive::<Int64Type>().value(index));
        }
    }
    Ok(())
}

fn counts(batches: &[RecordBatch]) -> anyhow::Result<BTreeMap<Key, Partition>> {
    let mut found = BTreeMap::new();
    each_row(batches, |key, number| {
        let (rows, distinct, rejected, first, last) =
            (number(2), number(3), number(4), number(5), number(6));
        let partition = Partition {
            cluster: key.0.clone(),
            partition: key.1,
            first,
            position: None,
            stored: rows - rejected,
            rejected,
            twice: rows - distinct,
            gaps: Vec::new(),
            // Until the position is known.
            beyond: Some(Range { from: first, to: last + 1 }),
        };
        found.insert(key, partition);
    })?;
    Ok(found)
}

fn holes(batches: &[RecordBatch]) -> anyhow::Result<Vec<(Key, Range)>> {
    let mut found = Vec::new();
    each_row(batches, |key, number| {
        found.push((key, Range { from: number(2) + 1, to: number(3) }));
    })?;
    found.sort_by_key(|(_, hole)| hole.from);
    Ok(found)
}

async fn compare_with_position(
    lake: &Lake,
    table: &DeltaTable,
    topic: &str,
    partition: &mut Partition,
) -> anyhow::Result<()> {
    let source = Source { cluster: partition.cluster.clone(), topic: topic.to_owned() };
    let id = partition.partition;
    partition.position = source.positions(lake, table, &[id]).await?.get(&id).copied();
    let end = partition.beyond.map_or(partition.first, |stored| stored.to);
    partition.beyond = match partition.position {
        Some(position) if position < end => {
            Some(Range { from: position.max(partition.first), to: end })
        }
        Some(position) => {
            if position > end {
                partition.gaps.push(Range { from: end, to: position });
            }
            None
        }
        None => partition.beyond,
    };
    Ok(())
}
