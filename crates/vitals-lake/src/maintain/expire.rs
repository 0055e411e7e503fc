//! Retention of rows: files whose messages all arrived long ago are removed.
//!
//! The same commit moves the start of each partition's coverage behind the removed offsets, so the
//! audit does not take them for lost ones. Only whole files are removed; compaction keeps the files
//! of different days apart.

use std::{collections::BTreeMap, time::Duration};

use arrow::{
    array::{Array as _, AsArray, RecordBatch},
    datatypes::{DataType, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType},
};
use deltalake::{
    DeltaTable,
    datafusion::prelude::ident,
    kernel::{LogicalFileView, Transaction},
    protocol::DeltaOperation,
};
use futures::TryStreamExt as _;
use vitals_core::domain::log_id::LogId;

use super::{arrivals::Arrivals, compact::FileTotals, compact::bytes};
use crate::{
    columns::{column, optional_column},
    lease::Lease,
    position::{TopicLog, Transactions},
    replace::{Replaced, Replacement},
    rewrite::{self, files},
    schema::COVERS_TO,
    table::Lake,
};

/// The memory limit for reading one file, bytes.
const READ_MEMORY_BYTES: usize = 64 << 20;

/// The columns that an expiry reads.
const COLUMNS: [&str; 6] = [
    "kafka_cluster",
    "kafka_partition",
    "kafka_offset",
    "kafka_time",
    "kafka_time_type",
    COVERS_TO,
];

/// The retention of a table's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The topic that the table archives.
    pub topic: String,
    /// The time from a message's arrival to the removal of its row.
    pub age: Duration,
}

/// The result of an expiry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// The removed files.
    pub files: FileTotals,
    /// The number of rows in them.
    pub rows: u64,
}

/// Removes the files of `table` whose messages all arrived before the retention of `expiry`, in one
/// commit. If another writer changes one of them meanwhile, nothing is removed: the next run does it.
pub(super) async fn expire(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    expiry: &Expiry,
    now_ms: i64,
) -> anyhow::Result<Expired> {
    // Find the files, and the end of each partition in them.
    let age_ms = i64::try_from(expiry.age.as_millis()).unwrap_or(i64::MAX);
    let before_ms = now_ms.saturating_sub(age_ms);
    let mut ends = Ends::new();
    let mut removed = Vec::new();
    let mut expired = Expired::default();
    for file in files(table)? {
        // The statistics rule out most files without reading them.
        if !Arrivals::of(&file).may_end_before(before_ms, now_ms) {
            continue;
        }
        let contents = Contents::read(lake, table, &file, now_ms).await?;
        if contents.last_ms.is_none_or(|last_ms| last_ms < before_ms) {
            expired.files.add(bytes(&file));
            expired.rows += contents.rows;
            for (partition, end) in contents.ends {
                let latest = ends.entry(partition).or_insert(end);
                *latest = end.max(*latest);
            }
            removed.push(file);
        }
    }
    if removed.is_empty() {
        return Ok(expired);
    }

    // Remove them, and start the coverage behind them.
    let transactions = Transactions::read(lake, table).await?;
    let before = jiff::Timestamp::from_millisecond(before_ms)?;
    let replacement = Replacement {
        removed: &removed,
        added: Vec::new(),
        data_change: true,
        operation: DeltaOperation::Delete { predicate: Some(format!("kafka_time < '{before}'")) },
        transactions: covered_from(&transactions, &expiry.topic, ends),
    };
    let replaced = replacement.commit(lake, table, lease).await?;
    Ok(if replaced == Replaced::Committed { expired } else { Expired::default() })
}

/// The offset behind the last one, by log and partition.
type Ends = BTreeMap<(String, i32), i64>;

/// The `txn` actions that start the coverage of each partition at its end in `ends`, unless it starts
/// later already.
fn covered_from(transactions: &Transactions, topic: &str, ends: Ends) -> Vec<Transaction> {
    let moved = ends.into_iter().filter_map(|((log, partition), end)| {
        let log = TopicLog { id: LogId::from(log), topic: topic.to_owned() };
        let is_later = log.begin(transactions, partition).is_none_or(|begin| begin < end);
        is_later.then(|| log.covered_from(partition, end))
    });
    moved.collect()
}

/// The messages of a file.
#[derive(Default)]
struct Contents {
    rows: u64,
    /// The last arrival, ms since the epoch; `None` without a row.
    last_ms: Option<i64>,
    ends: Ends,
}

impl Contents {
    /// Reads the messages of `file`. One that arrived after `now_ms`, by its own time, arrived before
    /// the file was written, and so did one without a time.
    async fn read(
        lake: &Lake,
        table: &DeltaTable,
        file: &LogicalFileView,
        now_ms: i64,
    ) -> anyhow::Result<Self> {
        let session = rewrite::session(READ_MEMORY_BYTES)?;
        let rows = rewrite::rows(&session, table, std::slice::from_ref(file)).await?;
        let mut columns = COLUMNS.to_vec();
        columns.retain(|name| rows.schema().has_column_with_unqualified_name(name));
        let columns: Vec<_> = columns.into_iter().map(ident).collect();
        let mut rows = rows.select(columns)?.execute_stream().await?;
        let mut contents = Self::default();
        while let Some(batch) = lake.within("read rows", rows.try_next()).await? {
            contents.add(&batch, file.modification_time(), now_ms)?;
        }
        Ok(contents)
    }

    fn add(&mut self, batch: &RecordBatch, written_ms: i64, now_ms: i64) -> anyhow::Result<()> {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let logs = column(batch, "kafka_cluster", &DataType::Utf8)?;
        let partitions = column(batch, "kafka_partition", &DataType::Int32)?;
        let offsets = column(batch, "kafka_offset", &DataType::Int64)?;
        let offsets = offsets.as_primitive::<Int64Type>();
        let times = column(batch, "kafka_time", &time)?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let kinds = optional_column(batch, "kafka_time_type", &DataType::Utf8)?;
        let kinds = kinds.as_ref().map(AsArray::as_string::<i32>);
        let covers_to = optional_column(batch, COVERS_TO, &DataType::Int64)?;
        let covers_to = covers_to.as_ref().map(AsArray::as_primitive::<Int64Type>);
        for row in 0..batch.num_rows() {
            let kind = kinds.filter(|kinds| kinds.is_valid(row)).map(|kinds| kinds.value(row));
            let is_unknown = times.is_null(row) || matches!(kind, Some("none" | "implausible"));
            let time_ms = times.value(row).div_euclid(1000);
            let arrived_ms = if is_unknown || time_ms > now_ms { written_ms } else { time_ms };
            self.last_ms = self.last_ms.max(Some(arrived_ms));

            // A row that stands for offsets ends with the last of them.
            let end = covers_to.filter(|ends| ends.is_valid(row)).map(|ends| ends.value(row));
            let end = end.unwrap_or(offsets.value(row) + 1);
            let log = logs.as_string::<i32>().value(row).to_owned();
            let partition = partitions.as_primitive::<Int32Type>().value(row);
            let latest = self.ends.entry((log, partition)).or_insert(end);
            *latest = end.max(*latest);
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }
}
