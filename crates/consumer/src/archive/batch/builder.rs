//! The batch being filled: decoded rows, the offsets they cover, rejected messages.

use std::{collections::BTreeMap, time::Instant};

use arrow::error::ArrowError;
use vitals_core::domain::{decode::TimeLimits, log_id::LogId, offset_range::OffsetRange};
use vitals_lake::position::LastMessage;

use super::model::{Batch, CoveredRange, EncoderInput, RejectedMessage};
use crate::{
    archive::epochs::Epoch,
    feed::Feed,
    rows::{
        RowEncoder,
        message::{KafkaMessage, MessagePosition, OffsetGap},
    },
};

/// Rows per part of a batch. Small enough that the parts in the encoder's channel are some
/// megabytes.
const PART_ROWS: usize = 16_384;

/// Builds a batch from messages.
pub(crate) struct BatchBuilder {
    rows: RowEncoder,
    parts: Vec<EncoderInput>,
    ranges: BTreeMap<i32, CoveredRange>,
    last_messages: BTreeMap<i32, LastMessage>,
    rejected: Vec<RejectedMessage>,
    count: usize,
    bytes: usize,
    since: Option<Instant>,
}

impl BatchBuilder {
    pub(crate) fn new(feed: Feed, times: TimeLimits) -> Self {
        Self {
            rows: RowEncoder::new(feed, times),
            parts: Vec::new(),
            ranges: BTreeMap::new(),
            last_messages: BTreeMap::new(),
            rejected: Vec::new(),
            count: 0,
            bytes: 0,
            since: None,
        }
    }

    /// Sets the log that further rows of `partition` belong to.
    pub(crate) fn set_log(&mut self, partition: i32, log: LogId) -> Result<(), ArrowError> {
        // Rows that are already in the builder belong to the previous log.
        self.seal_part()?;
        self.rows.set_log(partition, log);
        Ok(())
    }

    /// The number of rows so far.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// The payload bytes so far.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The time at which the oldest message was read.
    pub(crate) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Extends the covered range of a partition to `end`, exclusive. A partition that is new to
    /// the batch is covered from `start`.
    pub(crate) fn cover(&mut self, partition: i32, epoch: Epoch, start: i64, end: i64) {
        let new = CoveredRange { epoch, offsets: OffsetRange { start, end } };
        self.ranges.entry(partition).or_insert(new).offsets.end = end;
    }

    /// Sets the last message of a partition in the batch.
    pub(crate) fn set_last_message(&mut self, partition: i32, last: LastMessage) {
        self.last_messages.insert(partition, last);
    }

    /// Adds a message read at `now`. Returns the number of fields that the contract doesn't name.
    pub(crate) fn push(
        &mut self,
        message: KafkaMessage<'_>,
        now: Instant,
    ) -> Result<u32, ArrowError> {
        // A rejected message has a row too; its dead letter needs the message itself.
        let unknown_fields = match self.rows.push(message) {
            Ok(unknown_fields) => unknown_fields,
            Err(rejection) => {
                self.rejected.push(RejectedMessage {
                    partition: message.position.partition,
                    offset: message.position.offset,
                    reason: rejection.reason,
                    key: message.key.map(<[u8]>::to_vec),
                    payload: message.payload.map(<[u8]>::to_vec),
                });
                0
            }
        };
        self.count += 1;
        self.bytes += message.payload.map_or(0, <[u8]>::len);
        self.since.get_or_insert(now);
        // The encoder compresses complete parts while the batch is still being filled.
        if self.rows.len() >= PART_ROWS {
            self.seal_part()?;
        }
        Ok(unknown_fields)
    }

    /// Adds one row for the offsets from `position` to `to`, exclusive.
    pub(crate) fn push_gap(
        &mut self,
        position: MessagePosition,
        to: i64,
        gap: OffsetGap,
        now: Instant,
    ) {
        self.rows.push_gap(position, to, gap);
        self.count += 1;
        self.since.get_or_insert(now);
    }

    fn seal_part(&mut self) -> Result<(), ArrowError> {
        let rows = self.rows.take()?;
        self.parts.extend(rows.into_iter().map(EncoderInput::Rows));
        Ok(())
    }

    /// Takes the complete parts, in order.
    pub(crate) fn parts(&mut self) -> impl Iterator<Item = EncoderInput> {
        self.parts.drain(..)
    }

    /// Ends the batch and starts an empty one. The remaining rows become a part. Returns `None`
    /// for a batch without rows.
    pub(crate) fn end(&mut self) -> Result<Option<Batch>, ArrowError> {
        let Some(since) = self.since.take() else { return Ok(None) };
        self.seal_part()?;
        self.count = 0;
        self.bytes = 0;
        Ok(Some(Batch {
            ranges: std::mem::take(&mut self.ranges),
            last_messages: std::mem::take(&mut self.last_messages),
            rejected: std::mem::take(&mut self.rejected),
            since,
            ..Batch::empty()
        }))
    }
}
