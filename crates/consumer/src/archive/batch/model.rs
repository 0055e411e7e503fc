//! The data types of a batch on its way from the builder to the lake.

use std::{collections::BTreeMap, time::Instant};

use tokio::sync::oneshot;
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange, rejection::Reason};
use vitals_lake::{append::DataFile, position::LastMessage};

use crate::{
    archive::{
        epochs::{Epoch, Epochs},
        memory_budget::MemoryShare,
    },
    rows::{EncodedRows, message::MessageHeader},
};

/// The offset range of one partition that a batch covers.
///
/// A batch accounts for every offset of the range, including those that carry no message, such as
/// transaction markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CoveredRange {
    /// The epoch in which the range was read.
    pub(crate) epoch: Epoch,
    pub(crate) offsets: OffsetRange,
}

/// A rejected message, for its dead letter.
#[derive(Debug, Clone)]
pub(crate) struct RejectedMessage {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) reason: Reason,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) headers: Vec<MessageHeader<'static>>,
    /// The Kafka timestamp, milliseconds since the epoch; -1 without one.
    pub(crate) time_ms: i64,
}

impl RejectedMessage {
    /// The bytes of its key, payload and headers.
    pub(crate) fn size(&self) -> usize {
        self.extra_size() + self.payload.as_ref().map_or(0, Vec::len)
    }

    /// The bytes of its key and headers.
    pub(crate) fn extra_size(&self) -> usize {
        let headers: usize = self.headers.iter().map(MessageHeader::size).sum();
        headers + self.key.as_ref().map_or(0, Vec::len)
    }
}

/// An input of the encoder thread, in message order.
#[derive(Debug)]
pub(crate) enum EncoderInput {
    /// Rows of the batch being filled.
    Rows(EncodedRows),
    /// The end of the batch.
    End(Batch),
}

/// The rows of any number of partitions, with the offset ranges they cover.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) ranges: BTreeMap<i32, CoveredRange>,
    /// The last message of each partition. A batch from the spool has none.
    pub(crate) last_messages: BTreeMap<i32, LastMessage>,
    /// The rows. The encoder fills them in.
    pub(crate) files: Vec<DataFile>,
    pub(crate) rejected: Vec<RejectedMessage>,
    /// The time at which its oldest message was read.
    pub(crate) since: Instant,
    /// The memory of the messages that it keeps whole.
    pub(crate) memory: Option<MemoryShare>,
    /// Notified when the batch is stored or dropped.
    pub(crate) stored: Option<oneshot::Sender<()>>,
}

impl Batch {
    /// An empty batch: a flush marker that completes once every earlier batch is stored.
    pub(crate) fn empty() -> Self {
        Self {
            ranges: BTreeMap::new(),
            last_messages: BTreeMap::new(),
            files: Vec::new(),
            rejected: Vec::new(),
            since: Instant::now(),
            memory: None,
            stored: None,
        }
    }

    /// The number of rows in its files.
    pub(crate) fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }
}

/// A batch that waits to be committed, with the log that each of its partitions belongs to.
#[derive(Debug)]
pub(crate) struct PendingBatch {
    pub(crate) batch: Batch,
    /// The log of each partition.
    pub(crate) logs: BTreeMap<i32, LogId>,
    /// True for a batch from the spool.
    pub(crate) spooled: bool,
}

impl PendingBatch {
    /// A batch from the encoder. `epochs` knows the log that each range was read from.
    pub(crate) fn new(batch: Batch, epochs: &Epochs) -> Self {
        let mut logs = BTreeMap::new();
        for (partition, range) in &batch.ranges {
            if let Some(log) = epochs.log(range.epoch) {
                logs.insert(*partition, log);
            }
        }
        Self { batch, logs, spooled: false }
    }

    /// Appends `next` if it continues this batch in every partition that both have. Returns false
    /// if it doesn't.
    pub(crate) fn extend(&mut self, next: Self) -> bool {
        if !self.is_continued_by(&next) {
            return false;
        }
        for (partition, range) in next.batch.ranges {
            self.batch.ranges.entry(partition).or_insert(range).offsets.end = range.offsets.end;
        }
        // Where both have an entry, the later one replaces the earlier one.
        self.batch.last_messages.extend(next.batch.last_messages);
        self.logs.extend(next.logs);
        self.batch.files.extend(next.batch.files);
        self.batch.rejected.extend(next.batch.rejected);
        true
    }

    fn is_continued_by(&self, next: &Self) -> bool {
        next.batch.ranges.iter().all(|(partition, range)| {
            self.batch.ranges.get(partition).is_none_or(|before| {
                before.epoch == range.epoch
                    && before.offsets.end == range.offsets.start
                    && self.logs.get(partition) == next.logs.get(partition)
            })
        })
    }
}
