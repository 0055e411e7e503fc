//! Messages to columns: the rows of the batch that is being filled.

use std::{collections::BTreeMap, time::Instant};

use deltalake::arrow::error::ArrowError;
use vitals_core::domain::{decode::Decoded, rejection::Rejection};

use super::{
    assignment::Epoch,
    batch::{Batch, Piece, Rejected, Span},
    columns::{Columns, Place},
};

/// Rows in one piece; a batch has many. Small enough that the pieces that wait for the encoding
/// thread are some megabytes.
const PIECE_ROWS: usize = 16_384;

/// The batch that is being filled.
pub(crate) struct Rows {
    columns: Columns,
    pieces: Vec<Piece>,
    spans: BTreeMap<i32, Span>,
    rejected: Vec<Rejected>,
    count: usize,
    bytes: usize,
    since: Option<Instant>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self {
            columns: Columns::new(),
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

    /// The offsets from `place` up to, not including, `to` were deleted from Kafka's log before
    /// they were read: one row stands for them.
    pub(crate) fn lost(&mut self, place: Place, to: i64, epoch: Epoch, now: Instant) {
        self.columns.lost(place, to);
        self.cover(place.partition, epoch, place.offset, to);
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

    /// Adds the verdict on one message, key and payload, read at `now`.
    pub(crate) fn push(
        &mut self,
        place: Place,
        verdict: Result<&Decoded<'_>, &Rejection>,
        message: (Option<&[u8]>, Option<&[u8]>),
        now: Instant,
    ) -> Result<(), ArrowError> {
        let (key, payload) = message;
        match verdict {
            Ok(decoded) => self.columns.reading(decoded, place),
            Err(rejection) => {
                self.columns.rejection(rejection, key, payload, place);
                self.rejected.push(Rejected {
                    partition: place.partition,
                    offset: place.offset,
                    reason: rejection.reason,
                    key: key.map(<[u8]>::to_vec),
                    payload: payload.map(<[u8]>::to_vec),
                });
            }
        }
        self.count += 1;
        self.bytes += payload.map_or(0, <[u8]>::len);
        self.since.get_or_insert(now);
        if self.columns.len() >= PIECE_ROWS { self.seal() } else { Ok(()) }
    }

    fn seal(&mut self) -> Result<(), ArrowError> {
        self.pieces.extend(self.columns.take()?);
        Ok(())
    }

    /// The pieces that are finished, in order.
    pub(crate) fn pieces(&mut self) -> impl Iterator<Item = Piece> {
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
