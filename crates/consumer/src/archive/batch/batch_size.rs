//! The size of the batch being filled and of the last messages. Rotation, the size of a part and of a
//! fetch, the prefetch limit and the memory budget depend on it.

use super::recent_mean::RecentMean;
use crate::{
    archive::memory_budget::{MemoryBudget, MemoryShare},
    rows::message::{KafkaMessage, MessageHeader},
};

/// Size from which key and headers of a valid message count towards the memory budget: smaller ones
/// are columns of some megabytes.
const LARGE_EXTRA_BYTES: usize = 1024;

/// Assumed size of a message before the first one: the backlog may begin with large ones.
const FIRST_MESSAGE_BYTES: usize = 1 << 20;

/// Rows and bytes of the batch being filled.
pub(super) struct BatchSize {
    rows: usize,
    bytes: usize,
    /// The bytes since the last part.
    part_bytes: usize,
    /// The mean size of the last messages.
    message_bytes: RecentMean,
    /// The mean size of their keys and headers.
    extra_bytes: RecentMean,
    /// The memory of messages that are kept whole, and of large keys and headers.
    memory: MemoryShare,
}

impl BatchSize {
    pub(super) fn new(budget: &MemoryBudget) -> Self {
        Self {
            rows: 0,
            bytes: 0,
            part_bytes: 0,
            message_bytes: RecentMean::new(FIRST_MESSAGE_BYTES),
            extra_bytes: RecentMean::new(0),
            memory: budget.share(),
        }
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// The bytes of keys, headers and payloads so far, each as often as it is kept.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The bytes of the rows since the last part.
    pub(super) const fn part_bytes(&self) -> usize {
        self.part_bytes
    }

    /// The mean size of the last messages: key, headers and payload.
    pub(super) const fn recent_message_bytes(&self) -> usize {
        self.message_bytes.get()
    }

    /// The mean size of key and headers of the last messages.
    pub(super) const fn recent_extra_bytes(&self) -> usize {
        self.extra_bytes.get()
    }

    /// Returns true if the batch holds its share of the memory budget.
    pub(super) const fn has_full_share(&self) -> bool {
        self.memory.is_full()
    }

    /// Adds a row. `keeps_message` is true for the row of a rejected message or of a tombstone.
    pub(super) fn add_row(&mut self, message: &KafkaMessage<'_>, keeps_message: bool) {
        let key_bytes = message.key.map_or(0, <[u8]>::len);
        let header_bytes: usize = message.headers.iter().map(MessageHeader::size).sum();
        let extra_bytes = key_bytes + header_bytes;
        let mut row_bytes = extra_bytes + message.payload.map_or(0, <[u8]>::len);
        self.message_bytes.add(row_bytes);
        self.extra_bytes.add(extra_bytes);
        if keeps_message {
            // Such a row has the key in two columns.
            row_bytes += key_bytes;
            self.memory.add(row_bytes);
        } else if extra_bytes >= LARGE_EXTRA_BYTES {
            self.memory.add(extra_bytes);
        }
        self.rows += 1;
        self.bytes += row_bytes;
        self.part_bytes += row_bytes;
    }

    /// Adds a row that stands for offsets without a message.
    pub(super) const fn add_gap(&mut self) {
        self.rows += 1;
    }

    /// Adds the copy of a rejected message that is kept for its dead letter.
    pub(super) fn add_dead_letter(&mut self, bytes: usize) {
        self.memory.add(bytes);
        self.bytes += bytes;
    }

    pub(super) const fn begin_part(&mut self) {
        self.part_bytes = 0;
    }

    /// Begins an empty batch. Returns the memory of the previous one.
    pub(super) fn begin_batch(&mut self) -> MemoryShare {
        self.rows = 0;
        self.bytes = 0;
        self.memory.take()
    }
}
