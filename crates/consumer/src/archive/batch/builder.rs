//! Messages to columns: the rows of the batch that is being filled.

use std::{collections::BTreeMap, time::Instant};

use arrow::error::ArrowError;
use vitals_core::domain::decode::TimeLimits;

use crate::{
    archive::{
        batch::model::{Batch, EncoderInput, Rejected, Span},
        source::epochs::Epoch,
    },
    feed::Feed,
    rows::row_encoder::{Message, MessagePosition, OffsetGap, RowEncoder},
};

/// Rows in one piece; a batch has many. Small enough that the pieces that wait for the encoding
/// thread are some megabytes.
const PIECE_ROWS: usize = 16_384;

/// The batch that is being filled.
pub(crate) struct BatchBuilder {
    columns: RowEncoder,
    pieces: Vec<EncoderInput>,
    spans: BTreeMap<i32, Span>,
    rejected: Vec<Rejected>,
    count: usize,
    bytes: usize,
    since: Option<Instant>,
}

impl BatchBuilder {
    pub(crate) fn new(feed: Feed, times: TimeLimits) -> Self {
        Self {
            columns: RowEncoder::new(feed, times),
            pieces: Vec::new(),
            spans: BTreeMap::new(),
            rejected: Vec::new(),
            count: 0,
            bytes: 0,
            since: None,
        }
    }

    /// From now on the rows of `partition` are from `log`.
    pub(crate) fn set_log(&mut self, partition: i32, log: String) -> Result<(), ArrowError> {
        // Rows that are there already are from the log before.
        self.seal()?;
        self.columns.logs.insert(partition, log);
        Ok(())
    }

    /// One row stands for the offsets from `place` up to, not including, `to`.
    pub(crate) fn push_gap(
        &mut self,
        place: MessagePosition,
        to: i64,
        why: OffsetGap,
        now: Instant,
    ) {
        self.columns.push_gap(place, to, why);
        self.count += 1;
        self.since.get_or_insert(now);
    }

    /// Messages so far.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Bytes of the messages so far.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// When the oldest message was read.
    pub(crate) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Extends what the batch covers of a partition to before `end`; `start` is where it begins
    /// when the partition is new to the batch.
    pub(crate) fn cover(&mut self, partition: i32, epoch: Epoch, start: i64, end: i64) {
        self.spans.entry(partition).or_insert(Span { epoch, start, end }).end = end;
    }

    /// Adds one message, read at `now`. How many of its fields were not known.
    pub(crate) fn push(
        &mut self,
        place: MessagePosition,
        message: Message<'_>,
        now: Instant,
    ) -> Result<u32, ArrowError> {
        let unknown = self.columns.push(place, message).unwrap_or_else(|rejection| {
            self.rejected.push(Rejected {
                partition: place.partition,
                offset: place.offset,
                reason: rejection.reason,
                key: message.key.map(<[u8]>::to_vec),
                payload: message.payload.map(<[u8]>::to_vec),
            });
            0
        });
        self.count += 1;
        self.bytes += message.payload.map_or(0, <[u8]>::len);
        self.since.get_or_insert(now);
        if self.columns.len() >= PIECE_ROWS {
            self.seal()?;
        }
        Ok(unknown)
    }

    fn seal(&mut self) -> Result<(), ArrowError> {
        self.pieces.extend(self.columns.take()?);
        Ok(())
    }

    /// The pieces that are finished, in order.
    pub(crate) fn pieces(&mut self) -> impl Iterator<Item = EncoderInput> {
        self.pieces.drain(..)
    }

    /// The rest of the batch, leaving an empty one; nothing when there is nothing in it.
    pub(crate) fn end(&mut self) -> Result<Option<Batch>, ArrowError> {
        let Some(since) = self.since.take() else { return Ok(None) };
        self.seal()?;
        self.count = 0;
        self.bytes = 0;
        Ok(Some(Batch {
            spans: std::mem::take(&mut self.spans),
            rejected: std::mem::take(&mut self.rejected),
            since,
            ..Batch::empty()
        }))
    }
}
