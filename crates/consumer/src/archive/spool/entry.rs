//! A batch in the spool.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use vitals_core::runtime::clock::now_ms;
use vitals_lake::append::DataFile;

use super::format::{Header, SpooledRange};
use crate::archive::{
    batch::{Batch, CoveredRange, PendingBatch, RejectedMessage},
    epochs::Epoch,
};

/// A batch in the spool. Its rows are on the disk only.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) sequence: u64,
    /// The size of its file.
    pub(super) bytes: u64,
    pub(super) header: Header,
    /// The epochs in which its partitions were read, or claimed after a restart.
    pub(super) epochs: BTreeMap<i32, Epoch>,
}

impl Entry {
    /// Returns true if the batch covers offsets of `partition`.
    pub(super) fn covers(&self, partition: i32) -> bool {
        self.header.ranges.iter().any(|range| range.partition == partition)
    }

    /// The batch with its header and files as read from the disk.
    pub(super) fn pending_batch(&self, header: &Header, files: Vec<DataFile>) -> PendingBatch {
        let ranges = header.ranges.iter().map(|range| {
            // Epoch 0 for a batch of an earlier process, whose epochs mean nothing here.
            let epoch = self.epochs.get(&range.partition).copied().unwrap_or_default();
            (range.partition, CoveredRange { epoch, offsets: range.offsets })
        });
        let logs = header.ranges.iter().map(|range| (range.partition, range.log.clone()));
        // Only the reasons are kept: the dead letters were sent when the batch was spooled.
        let rejected = header.rejected.iter().map(|(partition, offset, reason)| RejectedMessage {
            partition: *partition,
            offset: *offset,
            reason: *reason,
            key: None,
            payload: None,
            headers: Vec::new(),
            time_ms: -1,
        });
        let batch = Batch {
            ranges: ranges.collect(),
            last_messages: BTreeMap::new(),
            files,
            rejected: rejected.collect(),
            since: since(header),
            stored: None,
            memory: None,
        };
        PendingBatch { batch, logs: logs.collect(), spooled: true }
    }
}

/// The time at which the oldest message was read, on this process's monotonic clock.
fn since(header: &Header) -> Instant {
    let age_ms = u64::try_from(now_ms() - header.since_ms).unwrap_or(0);
    let now = Instant::now();
    now.checked_sub(Duration::from_millis(age_ms)).unwrap_or(now)
}

/// The header with which a batch is written.
pub(super) fn header(pending: &PendingBatch) -> Header {
    let batch = &pending.batch;
    let ranges = batch.ranges.iter().map(|(partition, range)| SpooledRange {
        partition: *partition,
        log: pending.logs.get(partition).cloned().unwrap_or_default(),
        offsets: range.offsets,
    });
    let rejected = batch.rejected.iter().map(|it| (it.partition, it.offset, it.reason));
    let age_ms = i64::try_from(batch.since.elapsed().as_millis()).unwrap_or(0);
    Header::new(now_ms() - age_ms, ranges.collect(), rejected.collect(), &batch.files)
}
