//! The batch being filled: decoded rows, the offsets they cover, rejected messages.

use std::{collections::BTreeMap, time::Instant};

use arrow::error::ArrowError;
use vitals_core::domain::{
    decode::DecodeOptions, log_id::LogId, offset_range::OffsetRange, rejection::Reason,
};
use vitals_lake::position::LastMessage;

use super::{
    batch_size::BatchSize,
    model::{Batch, CoveredRange, EncoderInput, RejectedMessage},
};
use crate::{
    archive::{epochs::Epoch, memory_budget::MemoryBudget},
    feed::Feed,
    rows::{
        FieldCounts, RowEncoder,
        message::{KafkaMessage, MessageHeader, MessagePosition, OffsetGap},
    },
};

/// Rows per part of a batch. Small enough that the parts in the encoder's channel are some
/// megabytes.
const PART_ROWS: usize = 16_384;

/// Bytes per part of a batch. A rejected message is a row with all of its bytes.
const PART_BYTES: usize = 8 << 20;

/// Builds a batch from messages.
pub(crate) struct BatchBuilder {
    rows: RowEncoder,
    parts: Vec<EncoderInput>,
    ranges: BTreeMap<i32, CoveredRange>,
    last_messages: BTreeMap<i32, LastMessage>,
    rejected: Vec<RejectedMessage>,
    size: BatchSize,
    since: Option<Instant>,
}

impl BatchBuilder {
    pub(crate) fn new(feed: Feed, options: DecodeOptions, budget: &MemoryBudget) -> Self {
        Self {
            rows: RowEncoder::new(feed, options),
            parts: Vec::new(),
            ranges: BTreeMap::new(),
            last_messages: BTreeMap::new(),
            rejected: Vec::new(),
            size: BatchSize::new(budget),
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
        self.size.rows()
    }

    /// The bytes of keys, headers and payloads so far. Those of a rejected message count twice: they
    /// are kept for its row and for its dead letter.
    pub(crate) const fn bytes(&self) -> usize {
        self.size.bytes()
    }

    /// The mean size of the last messages: key, headers and payload.
    pub(crate) const fn recent_message_bytes(&self) -> usize {
        self.size.recent_message_bytes()
    }

    /// The mean size of key and headers of the last messages.
    pub(crate) const fn recent_extra_bytes(&self) -> usize {
        self.size.recent_extra_bytes()
    }

    /// Returns true if the batch holds its share of the memory budget.
    pub(crate) const fn has_full_share(&self) -> bool {
        self.size.has_full_share()
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

    /// Adds a message read at `now`.
    pub(crate) fn push(
        &mut self,
        message: &KafkaMessage<'_>,
        now: Instant,
    ) -> Result<(), ArrowError> {
        let rejection = self.rows.push(message).err();
        self.size.add_row(message, rejection.is_some() || message.payload.is_none());
        if let Some(rejection) = rejection {
            self.keep_rejected(message, rejection.reason);
        }
        self.since.get_or_insert(now);
        // The encoder compresses complete parts while the batch is still being filled.
        if self.rows.len() >= PART_ROWS || self.size.part_bytes() >= PART_BYTES {
            self.seal_part()?;
        }
        Ok(())
    }

    /// Keeps a rejected message for its dead letter.
    fn keep_rejected(&mut self, message: &KafkaMessage<'_>, reason: Reason) {
        let headers = message.headers.iter().cloned();
        let rejected = RejectedMessage {
            partition: message.position.partition,
            offset: message.position.offset,
            reason,
            key: message.key.map(<[u8]>::to_vec),
            payload: message.payload.map(<[u8]>::to_vec),
            headers: headers.map(MessageHeader::into_owned).collect(),
            time_ms: message.position.time_ms,
        };
        self.size.add_dead_letter(rejected.size());
        self.rejected.push(rejected);
    }

    /// Takes the counts of refused and unknown fields.
    pub(crate) fn take_field_counts(&mut self) -> FieldCounts {
        self.rows.take_field_counts()
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
        self.size.add_gap();
        self.since.get_or_insert(now);
    }

    fn seal_part(&mut self) -> Result<(), ArrowError> {
        let rows = self.rows.take()?;
        self.size.begin_part();
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
        let memory = self.size.begin_batch();
        Ok(Some(Batch {
            ranges: std::mem::take(&mut self.ranges),
            last_messages: std::mem::take(&mut self.last_messages),
            rejected: std::mem::take(&mut self.rejected),
            memory: Some(memory),
            since,
            ..Batch::empty()
        }))
    }
}

#[cfg(test)]
#[path = "builder_tests.rs"]
mod tests;
