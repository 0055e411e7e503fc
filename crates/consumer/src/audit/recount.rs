//! The checksum that the rows of messages must have in the lake.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use arrow::{
    array::AsArray as _,
    compute::{filter_record_batch, is_null},
    datatypes::Int32Type,
};
use vitals_core::domain::{decode::DecodeOptions, log_id::LogId, offset_range::OffsetRange};
use vitals_lake::{
    audit::Totals,
    checksum::row_hashes,
    schema::{self, COVERS_TO, Table},
};

use crate::{
    feed::Feed,
    rows::{RowEncoder, message::KafkaMessage},
};

/// Rows that are hashed at once.
const PART_ROWS: usize = 16_384;

/// The messages that are expected of a partition.
pub(super) struct Expected {
    /// The offset after the last.
    pub(super) end: i64,
    /// The offsets whose rows were erased, in order.
    pub(super) erased: Vec<OffsetRange>,
}

impl Expected {
    fn is_erased(&self, offset: i64) -> bool {
        let after = self.erased.partition_point(|range| range.start <= offset);
        after.checked_sub(1).is_some_and(|last| offset < self.erased[last].end)
    }
}

/// Counts messages and sums the hashes of their rows.
pub(super) struct Recount {
    table: &'static Table,
    rows: RowEncoder,
    /// The partitions that are not complete.
    open: BTreeMap<i32, Expected>,
    /// The offsets of the messages, of a compacted topic only: it has few.
    offsets: Option<BTreeMap<i32, BTreeSet<i64>>>,
    totals: BTreeMap<i32, Totals>,
}

impl Recount {
    pub(super) fn new(feed: Feed, options: DecodeOptions) -> Self {
        Self {
            table: feed.table(),
            rows: RowEncoder::new(feed, options),
            open: BTreeMap::new(),
            offsets: feed.is_compacted().then(BTreeMap::new),
            totals: BTreeMap::new(),
        }
    }

    /// Expects messages of `partition` of `log`.
    pub(super) fn expect(&mut self, partition: i32, log: LogId, expected: Expected) {
        self.rows.set_log(partition, log);
        self.open.insert(partition, expected);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.open.is_empty()
    }

    /// Notes that `partition` has no further message.
    pub(super) fn end(&mut self, partition: i32) {
        self.open.remove(&partition);
    }

    /// Adds a message. A message past the expected end, or whose row was erased, is ignored.
    pub(super) fn add(&mut self, message: &KafkaMessage<'_>) -> anyhow::Result<()> {
        let partition = message.position.partition;
        let offset = message.position.offset;
        let Some(expected) = self.open.get(&partition) else { return Ok(()) };
        let end = expected.end;
        let is_erased = expected.is_erased(offset);
        // The last expected message completes the partition; messages may be missing before it.
        if offset + 1 >= end {
            self.end(partition);
        }
        if offset < end
            && let Some(offsets) = &mut self.offsets
        {
            offsets.entry(partition).or_default().insert(offset);
        }
        if offset >= end || is_erased {
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
            // The audit counts messages, which a tombstone's row is not.
            let ends = rows.column_by_name(COVERS_TO).context("no column covers_to")?;
            let rows = filter_record_batch(&rows, &is_null(ends)?)?;
            let hashes = row_hashes(&self.table.arrow_schema(), &rows)?;
            let partitions =
                rows.column_by_name("kafka_partition").context("no column kafka_partition")?;
            let partitions = partitions.as_primitive::<Int32Type>().values();
            for (partition, hash) in partitions.iter().zip(hashes) {
                let totals = self.totals.entry(*partition).or_default();
                totals.messages += 1;
                // A sum does not depend on the order of the rows, which differs between Kafka and
                // the lake's files.
                totals.checksum = totals.checksum.wrapping_add(hash);
            }
        }
        Ok(())
    }

    /// The offsets of a partition's messages, of a compacted topic.
    pub(super) fn offsets(&self, partition: i32) -> Option<&BTreeSet<i64>> {
        self.offsets.as_ref()?.get(&partition)
    }

    /// The offsets of all messages, of a compacted topic.
    pub(super) fn into_offsets(self) -> BTreeMap<i32, BTreeSet<i64>> {
        self.offsets.unwrap_or_default()
    }

    /// The totals by partition.
    pub(super) fn finish(mut self) -> anyhow::Result<BTreeMap<i32, Totals>> {
        self.sum_rows()?;
        Ok(self.totals)
    }
}
