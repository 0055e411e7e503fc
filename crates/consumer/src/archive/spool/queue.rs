//! Where finished batches wait on the local disk while the lake is away.
//!
//! A batch is one file, written under another name, synced and renamed, so it is there whole or
//! not at all; the names count up. Batches go into the lake in this order. Kafka still has all
//! of it: whatever is damaged here is read again from there.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    time::{Duration, Instant},
};

use vitals_core::runtime::clock::now_ms;

use super::{
    coverage,
    directory::Folder,
    format::{self, Damage, Header, Range},
};
use crate::{
    archive::{
        batch::model::{Batch, PendingBatch, Rejected, Span},
        source::epochs::Epoch,
    },
    failpoint::{self, Failpoint},
};

/// Batches that go into the lake with one commit, at most, and their bytes.
const TOGETHER: (usize, u64) = (16, 32 * 1024 * 1024);

/// A batch that waits.
#[derive(Debug)]
struct Entry {
    sequence: u64,
    bytes: u64,
    header: Header,
    /// Under which assignments its partitions were read, or taken over after a restart.
    epochs: BTreeMap<i32, Epoch>,
}

/// What waits, for people and their alarms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Level {
    /// Batches that wait.
    pub(crate) batches: usize,
    /// Their bytes on the disk.
    pub(crate) bytes: u64,
    /// Age of the oldest message in them, seconds.
    pub(crate) oldest_s: u64,
    /// Files that were damaged or did not fit, kept for people to look at.
    pub(crate) quarantined: usize,
}

/// The spool of one consumer: one topic, one group, one instance, one lake.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: Folder,
    entries: VecDeque<Entry>,
    next: u64,
}

/// Batches to be brought into the lake together.
pub(crate) struct DrainCandidate {
    pub(crate) parcel: PendingBatch,
    /// The files that it comes from.
    pub(crate) sequences: Vec<u64>,
}

impl Spool {
    /// Opens the spool with what an earlier process left in it. Damaged files are quarantined.
    ///
    /// # Errors
    /// When another process has it, or the folder can't be used.
    pub(crate) fn open(folder: Folder) -> anyhow::Result<Self> {
        let mut spool = Self { folder, entries: VecDeque::new(), next: 0 };
        for sequence in spool.folder.sequences()? {
            spool.next = sequence + 1;
            match format::read_header(&spool.folder.path(sequence)) {
                Ok((header, bytes)) => {
                    let epochs = BTreeMap::new();
                    spool.entries.push_back(Entry { sequence, bytes, header, epochs });
                }
                Err(damage) => spool.folder.quarantine(sequence, &damage, &[]),
            }
        }
        let Level { batches, bytes, .. } = spool.level();
        if batches > 0 {
            tracing::info!(spool.batches = batches, spool.bytes = bytes, "the spool is not empty");
        }
        Ok(spool)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn level(&self) -> Level {
        let oldest = self.entries.front().map(|entry| now_ms() - entry.header.since_ms);
        Level {
            batches: self.entries.len(),
            bytes: self.entries.iter().map(|entry| entry.bytes).sum(),
            oldest_s: u64::try_from(oldest.unwrap_or(0)).unwrap_or(0) / 1000,
            quarantined: self.folder.quarantined_files(),
        }
    }

    /// Writes a batch behind the others.
    ///
    /// # Errors
    /// [`StorageFull`](io::ErrorKind::StorageFull) at a watermark or when the disk is full, and
    /// whatever else the disk says. Nothing is left of it then.
    pub(crate) fn append(&mut self, parcel: &PendingBatch) -> io::Result<()> {
        failpoint::hit(Failpoint::BeforeSpool)?;
        let batch = &parcel.batch;
        let needed = batch.files.iter().map(|file| file.bytes.len() as u64).sum();
        self.folder.check_room(self.level().bytes, needed)?;
        let ranges = batch.spans.iter().map(|(partition, span)| Range {
            partition: *partition,
            log: parcel.logs.get(partition).cloned().unwrap_or_default(),
            start: span.start,
            end: span.end,
        });
        let rejected = batch.rejected.iter().map(|it| (it.partition, it.offset, it.reason));
        let age = i64::try_from(batch.since.elapsed().as_millis()).unwrap_or(0);
        let (ranges, rejected) = (ranges.collect(), rejected.collect());
        let header = Header::new(now_ms() - age, ranges, rejected, &batch.files);
        let sequence = self.next;
        let bytes =
            self.folder.create(sequence, |path| format::write(path, &header, &batch.files))?;
        self.next += 1;
        let epochs = batch.spans.iter().map(|(id, span)| (*id, span.epoch)).collect();
        self.entries.push_back(Entry { sequence, bytes, header, epochs });
        failpoint::hit(Failpoint::AfterSpool)
    }

    /// The oldest batches, as one, when they continue each other; `together` says whether it may
    /// be more than the very oldest. Damaged files are quarantined, and their partitions returned
    /// with the assignment under which they were read.
    pub(crate) fn front(&mut self, together: bool) -> (Option<DrainCandidate>, Vec<(i32, Epoch)>) {
        let mut damaged = Vec::new();
        let mut front = loop {
            let Some(entry) = self.entries.front() else { return (None, damaged) };
            match self.load(entry) {
                Ok(parcel) => break DrainCandidate { parcel, sequences: vec![entry.sequence] },
                Err(damage) => {
                    self.folder.quarantine(entry.sequence, &damage, &entry.header.ranges);
                    damaged.extend(entry.epochs.iter().map(|(id, epoch)| (*id, *epoch)));
                    self.entries.pop_front();
                }
            }
        };
        let mut bytes = self.entries.front().map_or(0, |entry| entry.bytes);
        for entry in self.entries.iter().take(if together { TOGETHER.0 } else { 1 }).skip(1) {
            bytes += entry.bytes;
            // A damaged file has its turn when it is the oldest.
            let next = (bytes <= TOGETHER.1).then(|| self.load(entry)).and_then(Result::ok);
            if !next.is_some_and(|next| front.parcel.extend(next)) {
                break;
            }
            front.sequences.push(entry.sequence);
        }
        (Some(front), damaged)
    }

    fn load(&self, entry: &Entry) -> Result<PendingBatch, Damage> {
        let (header, files) = format::read(&self.folder.path(entry.sequence))?;
        let spans = header.ranges.iter().map(|range| {
            let epoch = entry.epochs.get(&range.partition).copied().unwrap_or_default();
            (range.partition, Span { epoch, start: range.start, end: range.end })
        });
        let logs = header.ranges.iter().map(|range| (range.partition, range.log.clone()));
        let rejected = header.rejected.iter().map(|(partition, offset, reason)| Rejected {
            partition: *partition,
            offset: *offset,
            reason: *reason,
            key: None,
            payload: None,
        });
        let age_ms = u64::try_from(now_ms() - header.since_ms).unwrap_or(0);
        let since = Instant::now().checked_sub(Duration::from_millis(age_ms));
        let batch = Batch {
            spans: spans.collect(),
            files,
            rejected: rejected.collect(),
            since: since.unwrap_or_else(Instant::now),
            done: None,
        };
        Ok(PendingBatch { batch, logs: logs.collect(), spooled: true })
    }

    /// Files that were dealt with: removed, or quarantined for `reason`.
    pub(crate) fn settle(&mut self, sequences: &[u64], reason: Option<&str>) {
        let folder = &self.folder;
        self.entries.retain(|entry| {
            if !sequences.contains(&entry.sequence) {
                return true;
            }
            match reason {
                None => folder.remove(entry.sequence),
                Some(reason) => folder.quarantine(entry.sequence, &reason, &entry.header.ranges),
            }
            false
        });
    }

    /// The end of what waits of `partition` of `log` without a hole, from the table's position
    /// `from`, or from wherever it begins when that is not known.
    pub(crate) fn chain(&self, log: &str, partition: i32, from: Option<i64>) -> Option<i64> {
        let ranges = self.entries.iter().flat_map(|entry| &entry.header.ranges);
        coverage::end(ranges.filter(|it| it.partition == partition && it.log == log), from)
    }

    /// The log of what waits of `partition` and belongs to `cluster`.
    pub(crate) fn log(&self, cluster: &str, partition: i32) -> Option<&str> {
        let ranges = self.entries.iter().rev().flat_map(|entry| &entry.header.ranges);
        ranges
            .filter(|it| it.partition == partition)
            .map(|it| it.log.as_str())
            .find(|log| log.split('#').next() == Some(cluster))
    }

    /// What waits of `partition` was taken over by the assignment `epoch`: when a hole shows,
    /// it is read again.
    pub(crate) fn claim(&mut self, partition: i32, epoch: Epoch) {
        for entry in &mut self.entries {
            if entry.header.ranges.iter().any(|range| range.partition == partition) {
                entry.epochs.insert(partition, epoch);
            }
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
