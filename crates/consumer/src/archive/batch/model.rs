//! What is committed together.

use std::{collections::BTreeMap, time::Instant};

use arrow::array::RecordBatch;
use tokio::sync::oneshot;
use vitals_core::domain::rejection::Reason;
use vitals_lake::append::DataFile;

use crate::archive::source::epochs::Epoch;

/// The offsets of one partition that a batch covers: from `start`, before `end`.
///
/// Every offset between is accounted for, including those that carry no message, such as the
/// marks of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) epoch: Epoch,
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// A message that was rejected, for the copy on the topic of rejected messages.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) reason: Reason,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) payload: Option<Vec<u8>>,
}

/// What the polling thread hands to the encoding one, in the order of the messages.
#[derive(Debug)]
pub(crate) enum EncoderInput {
    /// Rows of the batch that is being filled, in the columns of a data file.
    Rows {
        /// Value of the table's partition column.
        rejected: bool,
        rows: RecordBatch,
    },
    /// The batch ends here.
    End(Batch),
}

/// Rows of any partitions with the offsets they cover.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) spans: BTreeMap<i32, Span>,
    /// The rows; the encoding thread fills them in.
    pub(crate) files: Vec<DataFile>,
    pub(crate) rejected: Vec<Rejected>,
    /// When its oldest message was read.
    pub(crate) since: Instant,
    /// Told when the batch was dealt with.
    pub(crate) done: Option<oneshot::Sender<()>>,
}

impl Batch {
    /// Nothing to store; it only tells that all before it was dealt with.
    pub(crate) fn empty() -> Self {
        Self {
            spans: BTreeMap::new(),
            files: Vec::new(),
            rejected: Vec::new(),
            since: Instant::now(),
            done: None,
        }
    }
}

/// A batch with the log that each of its partitions belongs to, on its way into the lake.
#[derive(Debug)]
pub(crate) struct PendingBatch {
    pub(crate) batch: Batch,
    /// By partition, see `vitals_lake::position`.
    pub(crate) logs: BTreeMap<i32, String>,
    /// Whether it comes from the spool.
    pub(crate) spooled: bool,
}

impl PendingBatch {
    /// Takes `next` in as well, when it continues this one in every partition that both have.
    pub(crate) fn extend(&mut self, next: Self) -> bool {
        let continues = next.batch.spans.iter().all(|(partition, span)| {
            self.batch.spans.get(partition).is_none_or(|before| {
                (before.end, before.epoch) == (span.start, span.epoch)
                    && self.logs.get(partition) == next.logs.get(partition)
            })
        });
        if continues {
            for (partition, span) in next.batch.spans {
                self.batch.spans.entry(partition).or_insert(span).end = span.end;
            }
            self.logs.extend(next.logs);
            self.batch.files.extend(next.batch.files);
            self.batch.rejected.extend(next.batch.rejected);
        }
        continues
    }
}
