//! The batch being filled: decoded rows, the offsets they cover, rejected messages.

use std::{collections::BTreeMap, time::Instant};

use arrow::error::ArrowError;
use vitals_core::domain::{decode::DecodeOptions, log_id::LogId, offset_range::OffsetRange};
use vitals_lake::position::LastMessage;

use super::model::{Batch, CoveredRange, EncoderInput, RejectedMessage};
use crate::{
    archive::{
        epochs::Epoch,
        memory_budget::{MemoryBudget, MemoryShare},
    },
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
    count: usize,
    bytes: usize,
    /// The bytes since the last part.
    part_bytes: usize,
    /// The bytes of the keys so far.
    key_bytes: usize,
    last_mean_key_bytes: usize,
    /// The memory of the rejected messages.
    memory: MemoryShare,
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
            count: 0,
            bytes: 0,
            part_bytes: 0,
            key_bytes: 0,
            last_mean_key_bytes: 0,
            memory: budget.share(),
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

    /// The bytes of keys and payloads so far. Those of a rejected message count twice: they are kept
    /// for its row and for its dead letter.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The mean size of the keys in the current batch, or in the previous one if it is empty.
    pub(crate) fn mean_key_bytes(&self) -> usize {
        self.key_bytes.checked_div(self.count).unwrap_or(self.last_mean_key_bytes)
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
        // A rejected message has a row too; its dead letter needs the message itself.
        if let Err(rejection) = self.rows.push(message) {
            let headers = message.headers.iter().cloned();
            let rejected = RejectedMessage {
                partition: message.position.partition,
                offset: message.position.offset,
                reason: rejection.reason,
                key: message.key.map(<[u8]>::to_vec),
                payload: message.payload.map(<[u8]>::to_vec),
                headers: headers.map(MessageHeader::into_owned).collect(),
                time_ms: message.position.time_ms,
            };
            let bytes = 2 * rejected.size();
            self.memory.add(bytes);
            self.bytes += bytes / 2;
            self.rejected.push(rejected);
        }
        self.count += 1;
        let key_bytes = message.key.map_or(0, <[u8]>::len);
        let bytes = key_bytes + message.payload.map_or(0, <[u8]>::len);
        self.key_bytes += key_bytes;
        self.bytes += bytes;
        self.part_bytes += bytes;
        self.since.get_or_insert(now);
        // The encoder compresses complete parts while the batch is still being filled.
        if self.rows.len() >= PART_ROWS || self.part_bytes >= PART_BYTES {
            self.seal_part()?;
        }
        Ok(())
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
        self.count += 1;
        self.since.get_or_insert(now);
    }

    fn seal_part(&mut self) -> Result<(), ArrowError> {
        let rows = self.rows.take()?;
        self.part_bytes = 0;
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
        // The prefetch limit needs an estimate until the next batch has keys of its own.
        self.last_mean_key_bytes = self.mean_key_bytes();
        self.count = 0;
        self.bytes = 0;
        self.key_bytes = 0;
        Ok(Some(Batch {
            ranges: std::mem::take(&mut self.ranges),
            last_messages: std::mem::take(&mut self.last_messages),
            rejected: std::mem::take(&mut self.rejected),
            memory: Some(self.memory.take()),
            since,
            ..Batch::empty()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::message::TimeType;

    const KEY_BYTES: usize = 900_000;

    /// Adds empty messages with large keys, which are rejected.
    fn push(builder: &mut BatchBuilder, count: i64) {
        let key = vec![b'k'; KEY_BYTES];
        for offset in 0..count {
            let position = MessagePosition {
                partition: 0,
                offset,
                time_ms: 1_763_812_800_123,
                time_type: TimeType::Create,
            };
            let payload = Some(&b""[..]);
            let message = KafkaMessage { position, key: Some(&key), payload, headers: Vec::new() };
            builder.push(&message, Instant::now()).unwrap();
        }
    }

    #[test]
    fn keys_and_both_copies_of_a_rejected_message_are_counted_until_its_batch_is_gone() {
        let budget = MemoryBudget::new(20 * KEY_BYTES);
        let mut builder = BatchBuilder::new(Feed::Vitals, DecodeOptions::default(), &budget);
        push(&mut builder, 9);
        assert_eq!((builder.bytes(), budget.used()), (18 * KEY_BYTES, 18 * KEY_BYTES));
        assert!(!budget.is_exhausted());
        assert_eq!(builder.mean_key_bytes(), KEY_BYTES);
        let first = builder.end().unwrap().unwrap();
        assert_eq!(builder.mean_key_bytes(), KEY_BYTES, "of the batch before");
        push(&mut builder, 1);
        assert!(budget.is_exhausted(), "the batch before is still in flight");
        assert_eq!(builder.bytes(), 2 * KEY_BYTES);
        drop(first);
        assert_eq!(budget.used(), 2 * KEY_BYTES);
        drop(builder);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn large_rejected_messages_are_encoded_while_the_batch_is_filled() {
        let budget = MemoryBudget::new(usize::MAX);
        let mut builder = BatchBuilder::new(Feed::Vitals, DecodeOptions::default(), &budget);
        push(&mut builder, 9);
        assert!(builder.parts().next().is_none());
        push(&mut builder, 1);
        assert_eq!(builder.parts().count(), 1, "10 keys exceed 8 MiB");
    }
}
