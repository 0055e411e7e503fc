//! The batch being filled: decoded rows, the offsets they cover, rejected messages.

use std::{collections::BTreeMap, time::Instant};

use arrow::error::ArrowError;
use vitals_core::domain::{
    decode::DecodeOptions, log_id::LogId, offset_range::OffsetRange, rejection::Reason,
};
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

/// Size from which key and headers of a valid message count towards the memory budget: smaller ones
/// are columns of some megabytes.
const LARGE_EXTRA_BYTES: usize = 1024;

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
    /// The bytes of keys and headers so far.
    extra_bytes: usize,
    last_mean_extra_bytes: usize,
    /// The memory of rejected messages, and of large keys and headers.
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
            extra_bytes: 0,
            last_mean_extra_bytes: 0,
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

    /// The bytes of keys, headers and payloads so far. Those of a rejected message count twice: they
    /// are kept for its row and for its dead letter.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The mean size of key and headers in the current batch, or in the previous one if it is empty.
    pub(crate) fn mean_extra_bytes(&self) -> usize {
        self.extra_bytes.checked_div(self.count).unwrap_or(self.last_mean_extra_bytes)
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
        let key_bytes = message.key.map_or(0, <[u8]>::len);
        let header_bytes: usize = message.headers.iter().map(MessageHeader::size).sum();
        let extra_bytes = key_bytes + header_bytes;
        let mut row_bytes = extra_bytes + message.payload.map_or(0, <[u8]>::len);
        let rejection = self.rows.push(message).err();
        if rejection.is_some() || message.payload.is_none() {
            // The row of a rejected message, or of a tombstone, has the key in two columns.
            row_bytes += key_bytes;
            self.memory.add(row_bytes);
        } else if extra_bytes >= LARGE_EXTRA_BYTES {
            self.memory.add(extra_bytes);
        }
        if let Some(rejection) = rejection {
            self.keep_rejected(message, rejection.reason);
        }
        self.count += 1;
        self.extra_bytes += extra_bytes;
        self.bytes += row_bytes;
        self.part_bytes += row_bytes;
        self.since.get_or_insert(now);
        // The encoder compresses complete parts while the batch is still being filled.
        if self.rows.len() >= PART_ROWS || self.part_bytes >= PART_BYTES {
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
        let bytes = rejected.size();
        self.memory.add(bytes);
        self.bytes += bytes;
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
        self.last_mean_extra_bytes = self.mean_extra_bytes();
        self.count = 0;
        self.bytes = 0;
        self.extra_bytes = 0;
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

    const LARGE_BYTES: usize = 900_000;
    const READING: &str = r#"{"patient_id":"p-1","timestamp":1763812800123,"spo2":97}"#;

    fn builder(budget: &MemoryBudget) -> BatchBuilder {
        BatchBuilder::new(Feed::Vitals, DecodeOptions::default(), budget)
    }

    fn message(payload: Option<&str>) -> KafkaMessage<'_> {
        let position = MessagePosition {
            partition: 0,
            offset: 0,
            time_ms: 1_763_812_800_123,
            time_type: TimeType::Create,
        };
        let payload = payload.map(str::as_bytes);
        KafkaMessage { position, key: None, payload, headers: Vec::new() }
    }

    /// Adds messages with large keys, and empty payloads that are rejected.
    fn push(builder: &mut BatchBuilder, count: usize) {
        let key = vec![b'k'; LARGE_BYTES];
        for _ in 0..count {
            let message = KafkaMessage { key: Some(&key), ..message(Some("")) };
            builder.push(&message, Instant::now()).unwrap();
        }
    }

    #[test]
    fn every_copy_of_keys_and_headers_counts_towards_both_limits() {
        let content = vec![b'x'; LARGE_BYTES];
        let headers = || vec![MessageHeader { key: "".into(), value: Some((&content[..]).into()) }];
        let key = Some(&content[..]);
        let cases = [
            // The row has two columns with the key, the dead letter a third copy.
            ("rejected key", KafkaMessage { key, ..message(Some("")) }, 3),
            ("rejected headers", KafkaMessage { headers: headers(), ..message(Some("")) }, 2),
            ("tombstone", KafkaMessage { key, headers: headers(), ..message(None) }, 3),
            ("reading", KafkaMessage { key, headers: headers(), ..message(Some(READING)) }, 2),
        ];
        for (name, message, copies) in cases {
            let budget = MemoryBudget::new(usize::MAX);
            let mut builder = builder(&budget);
            builder.push(&message, Instant::now()).unwrap();
            let rest = builder.bytes() - copies * LARGE_BYTES;
            assert!(rest <= READING.len(), "{name}: {rest} bytes more");
            assert_eq!(budget.used(), copies * LARGE_BYTES, "{name}");
        }
    }

    #[test]
    fn small_keys_and_headers_of_readings_leave_the_budget_alone() {
        let budget = MemoryBudget::new(usize::MAX);
        let mut builder = builder(&budget);
        let reading = KafkaMessage { key: Some(b"p-1"), ..message(Some(READING)) };
        builder.push(&reading, Instant::now()).unwrap();
        assert_eq!((builder.bytes(), budget.used()), (READING.len() + 3, 0));
    }

    #[test]
    fn the_memory_of_a_batch_is_returned_when_the_batch_is_gone() {
        let budget = MemoryBudget::new(30 * LARGE_BYTES);
        let mut builder = builder(&budget);
        push(&mut builder, 9);
        assert_eq!((builder.bytes(), budget.used()), (27 * LARGE_BYTES, 27 * LARGE_BYTES));
        assert!(!budget.is_exhausted());
        assert_eq!(builder.mean_extra_bytes(), LARGE_BYTES);
        let first = builder.end().unwrap().unwrap();
        assert_eq!(builder.mean_extra_bytes(), LARGE_BYTES, "of the batch before");
        push(&mut builder, 1);
        assert!(budget.is_exhausted(), "the batch before is still in flight");
        assert_eq!(builder.bytes(), 3 * LARGE_BYTES);
        drop(first);
        assert_eq!(budget.used(), 3 * LARGE_BYTES);
        drop(builder);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn large_rejected_messages_are_encoded_while_the_batch_is_filled() {
        let budget = MemoryBudget::new(usize::MAX);
        let mut builder = builder(&budget);
        push(&mut builder, 4);
        assert!(builder.parts().next().is_none());
        push(&mut builder, 1);
        assert_eq!(builder.parts().count(), 1, "the keys of 5 rows exceed 8 MiB");
    }
}
