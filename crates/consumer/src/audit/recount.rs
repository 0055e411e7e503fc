//! The checksum that the rows of messages must have in the lake.

use std::collections::BTreeMap;

use anyhow::Context as _;
use arrow::{array::AsArray as _, datatypes::Int32Type};
use vitals_core::domain::{decode::TimeLimits, log_id::LogId};
use vitals_lake::{
    audit::Totals,
    checksum::row_hashes,
    schema::{self, Table},
};

use crate::{
    feed::Feed,
    rows::{RowEncoder, message::KafkaMessage},
};

/// Rows that are hashed at once.
const PART_ROWS: usize = 16_384;

/// Counts messages and sums the hashes of their rows.
pub(super) struct Recount {
    table: &'static Table,
    rows: RowEncoder,
    /// The end of each partition that is not complete.
    ends: BTreeMap<i32, i64>,
    totals: BTreeMap<i32, Totals>,
}

impl Recount {
    pub(super) fn new(feed: Feed, times: TimeLimits) -> Self {
        Self {
            table: feed.table(),
            rows: RowEncoder::new(feed, times),
            ends: BTreeMap::new(),
            totals: BTreeMap::new(),
        }
    }

    /// Expects the messages of `partition` of `log` up to offset `end`, exclusive.
    pub(super) fn expect(&mut self, partition: i32, log: LogId, end: i64) {
        self.rows.set_log(partition, log);
        self.ends.insert(partition, end);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.ends.is_empty()
    }

    /// Notes that `partition` has no further message.
    pub(super) fn end(&mut self, partition: i32) {
        self.ends.remove(&partition);
    }

    /// Adds a message. A message past the expected end is ignored.
    pub(super) fn add(&mut self, message: KafkaMessage<'_>) -> anyhow::Result<()> {
        let partition = message.position.partition;
        let offset = message.position.offset;
        let Some(end) = self.ends.get(&partition).copied() else { return Ok(()) };
        // The last expected message completes the partition; messages may be missing before it.
        if offset + 1 >= end {
            self.end(partition);
        }
        if offset >= end {
            return Ok(());
        }
        // A rejected message has a row as well.
        let _rejection = self.rows.push(message);
        if self.rows.len() >= PART_ROWS {
            self.sum_rows()?;
        }
        Ok(())
    }

    fn sum_rows(&mut self) -> anyhow::Result<()> {
        for part in self.rows.take()? {
            let rows = schema::with_rejected(&part.rows, part.rejected)?;
            let hashes = row_hashes(&self.table.arrow_schema(), &rows)?;
            let partitions =
                rows.column_by_name("kafka_partition").context("no column kafka_partition")?;
            let partitions = partitions.as_primitive::<Int32Type>().values();
            for (partition, hash) in partitions.iter().zip(hashes) {
                let totals = self.totals.entry(*partition).or_default();
                totals.messages += 1;
                totals.checksum = totals.checksum.wrapping_add(hash);
            }
        }
        Ok(())
    }

    /// The totals by partition.
    pub(super) fn finish(mut self) -> anyhow::Result<BTreeMap<i32, Totals>> {
        self.sum_rows()?;
        Ok(self.totals)
    }
}
