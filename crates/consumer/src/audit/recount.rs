//! Messages to the checksum that their rows have in the lake.

use std::collections::BTreeMap;

use anyhow::Context as _;
use arrow::{array::AsArray as _, datatypes::Int32Type};
use vitals_core::domain::decode::TimeLimits;
use vitals_lake::{
    audit::Totals,
    checksum::row_hashes,
    schema::{self, Table},
};

use crate::{
    archive::batch::model::EncoderInput,
    feed::Feed,
    rows::row_encoder::{Message, MessagePosition, RowEncoder},
};

/// Rows that are hashed together.
const PIECE_ROWS: usize = 16_384;

/// Counts messages again.
pub(super) struct Recount {
    table: &'static Table,
    columns: RowEncoder,
    /// Where a partition that is not finished ends.
    ends: BTreeMap<i32, i64>,
    sums: BTreeMap<i32, Totals>,
}

impl Recount {
    pub(super) fn new(feed: Feed, times: TimeLimits) -> Self {
        Self {
            table: feed.table(),
            columns: RowEncoder::new(feed, times),
            ends: BTreeMap::new(),
            sums: BTreeMap::new(),
        }
    }

    /// Messages of `partition`, whose log is called `log`, up to, not including, `end` will come.
    pub(super) fn expect(&mut self, partition: i32, log: String, end: i64) {
        self.columns.logs.insert(partition, log);
        self.ends.insert(partition, end);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.ends.is_empty()
    }

    /// No message of `partition` can come any more.
    pub(super) fn ended(&mut self, partition: i32) {
        self.ends.remove(&partition);
    }

    /// Decodes a message, unless it is beyond what is wanted.
    pub(super) fn message(
        &mut self,
        place: MessagePosition,
        message: Message<'_>,
    ) -> anyhow::Result<()> {
        let MessagePosition { partition, offset, .. } = place;
        let Some(end) = self.ends.get(&partition).copied() else { return Ok(()) };
        if offset + 1 >= end {
            self.ended(partition);
        }
        if offset >= end {
            return Ok(());
        }
        // A rejected message has a row like any other.
        let _verdict = self.columns.push(place, message);
        if self.columns.len() >= PIECE_ROWS { self.sum() } else { Ok(()) }
    }

    fn sum(&mut self) -> anyhow::Result<()> {
        for piece in self.columns.take()? {
            let EncoderInput::Rows { rejected, rows } = piece else { continue };
            let rows = schema::with_rejected(&rows, rejected)?;
            let hashes = row_hashes(&self.table.arrow_schema(), &rows)?;
            let ids =
                rows.column_by_name("kafka_partition").context("no column kafka_partition")?;
            for (id, hash) in ids.as_primitive::<Int32Type>().values().iter().zip(hashes) {
                let sum = self.sums.entry(*id).or_default();
                sum.messages += 1;
                sum.checksum = sum.checksum.wrapping_add(hash);
            }
        }
        Ok(())
    }

    /// What was counted, by partition.
    pub(super) fn finish(mut self) -> anyhow::Result<BTreeMap<i32, Totals>> {
        self.sum()?;
        Ok(self.sums)
    }
}
