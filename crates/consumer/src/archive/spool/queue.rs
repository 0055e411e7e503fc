//! The spool: a queue of batches on the disk.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
};

use serde::Serialize;
use vitals_core::{domain::log_id::LogId, runtime::clock::now_ms};

use super::{
    coverage::contiguous_end,
    directory::SpoolDirectory,
    entry::{self, Entry},
    format::{self, Damage},
};
use crate::{
    archive::{batch::PendingBatch, epochs::Epoch},
    failpoint::{self, Failpoint},
};

/// Maximum batches that the drain commits together.
const MAX_DRAIN_BATCHES: usize = 16;

/// Maximum bytes of the batches that the drain commits together.
const MAX_DRAIN_BYTES: u64 = 32 * 1024 * 1024;

/// The fill level of the spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SpoolLevel {
    /// Number of batches.
    pub(crate) batches: usize,
    /// Bytes of their files.
    pub(crate) bytes: u64,
    /// Age of the oldest message in them, seconds.
    pub(crate) oldest_s: u64,
    /// Number of files in quarantine.
    pub(crate) quarantined: usize,
}

/// The spool of one topic, group, instance and lake.
#[derive(Debug)]
pub(crate) struct Spool {
    directory: SpoolDirectory,
    entries: VecDeque<Entry>,
    next_sequence: u64,
}

/// The oldest batches of the spool, to be committed together.
pub(crate) struct DrainCandidate {
    pub(crate) pending: PendingBatch,
    /// The files that it consists of.
    pub(crate) sequences: Vec<u64>,
}

/// A partition in a damaged file, with the epoch in which it was read.
pub(crate) type StaleRead = (i32, Epoch);

impl Spool {
    /// Opens the spool with the batches that an earlier process left in it. Damaged files are
    /// quarantined.
    ///
    /// # Errors
    /// When the directory can't be read.
    pub(crate) fn open(directory: SpoolDirectory) -> anyhow::Result<Self> {
        let mut spool = Self { directory, entries: VecDeque::new(), next_sequence: 0 };
        for sequence in spool.directory.sequences()? {
            // Damaged files count as well: no later batch takes the sequence of one.
            spool.next_sequence = sequence + 1;
            match format::read_header(&spool.directory.path(sequence)) {
                Ok((header, bytes)) => {
                    let epochs = BTreeMap::new();
                    spool.entries.push_back(Entry { sequence, bytes, header, epochs });
                }
                Err(damage) => spool.directory.quarantine(sequence, &damage, &[]),
            }
        }
        let SpoolLevel { batches, bytes, .. } = spool.level();
        if batches > 0 {
            tracing::info!(
                spool.batches = batches,
                spool.bytes = bytes,
                "spool has batches of an earlier process"
            );
        }
        Ok(spool)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn level(&self) -> SpoolLevel {
        let oldest_ms = self.entries.front().map(|entry| now_ms() - entry.header.since_ms);
        SpoolLevel {
            batches: self.entries.len(),
            bytes: self.entries.iter().map(|entry| entry.bytes).sum(),
            oldest_s: u64::try_from(oldest_ms.unwrap_or(0)).unwrap_or(0) / 1000,
            quarantined: self.directory.quarantined_files(),
        }
    }

    /// Appends a batch.
    ///
    /// # Errors
    /// [`StorageFull`](io::ErrorKind::StorageFull) at a watermark or when the disk is full, and
    /// any other error of the disk. The partial file is removed.
    pub(crate) fn append(&mut self, pending: &PendingBatch) -> io::Result<()> {
        // A refused batch must leave no partial file, so the watermarks are checked first.
        failpoint::hit(Failpoint::BeforeSpool)?;
        let files = &pending.batch.files;
        let needed = files.iter().map(|file| file.bytes.len() as u64).sum();
        self.directory.check_room(self.level().bytes, needed)?;
        // The file first: a batch is in the queue only once it is durable.
        let header = entry::header(pending);
        let sequence = self.next_sequence;
        let bytes = self.directory.create(sequence, |path| format::write(path, &header, files))?;
        self.next_sequence += 1;
        let ranges = pending.batch.ranges.iter();
        let epochs = ranges.map(|(partition, range)| (*partition, range.epoch)).collect();
        self.entries.push_back(Entry { sequence, bytes, header, epochs });
        failpoint::hit(Failpoint::AfterSpool)
    }

    /// The oldest batch to drain, joined with the batches that continue it if `several` is true.
    /// Damaged files at the front are quarantined and their partitions returned.
    pub(crate) fn drain_candidate(
        &mut self,
        several: bool,
    ) -> (Option<DrainCandidate>, Vec<StaleRead>) {
        // The oldest batch decides which others may join it.
        let (oldest, damaged) = self.oldest();
        let Some(mut candidate) = oldest else { return (None, damaged) };
        let limit = if several { MAX_DRAIN_BATCHES } else { 1 };
        let mut bytes = self.entries.front().map_or(0, |entry| entry.bytes);
        for entry in self.entries.iter().take(limit).skip(1) {
            bytes += entry.bytes;
            if bytes > MAX_DRAIN_BYTES {
                break;
            }
            // A damaged file ends the candidate; it is quarantined once it is the oldest.
            let Ok(next) = self.load(entry) else { break };
            if !candidate.pending.extend(next) {
                break;
            }
            candidate.sequences.push(entry.sequence);
        }
        (Some(candidate), damaged)
    }

    /// The oldest batch that is readable. The damaged ones before it are quarantined.
    fn oldest(&mut self) -> (Option<DrainCandidate>, Vec<StaleRead>) {
        let mut damaged = Vec::new();
        while let Some(entry) = self.entries.front() {
            match self.load(entry) {
                Ok(pending) => {
                    let sequences = vec![entry.sequence];
                    return (Some(DrainCandidate { pending, sequences }), damaged);
                }
                Err(damage) => {
                    self.directory.quarantine(entry.sequence, &damage, &entry.header.ranges);
                    damaged.extend(entry.epochs.iter().map(|(id, epoch)| (*id, *epoch)));
                    self.entries.pop_front();
                }
            }
        }
        (None, damaged)
    }

    fn load(&self, entry: &Entry) -> Result<PendingBatch, Damage> {
        let (header, files) = format::read(&self.directory.path(entry.sequence))?;
        Ok(entry.pending_batch(&header, files))
    }

    /// Removes drained files.
    pub(crate) fn remove(&mut self, sequences: &[u64]) {
        for entry in self.take(sequences) {
            self.directory.remove(entry.sequence);
        }
    }

    /// Quarantines files that can't be committed.
    pub(crate) fn quarantine(&mut self, sequences: &[u64], reason: &str) {
        for entry in self.take(sequences) {
            self.directory.quarantine(entry.sequence, &reason, &entry.header.ranges);
        }
    }

    fn take(&mut self, sequences: &[u64]) -> Vec<Entry> {
        let entries = std::mem::take(&mut self.entries);
        let (taken, kept): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| sequences.contains(&entry.sequence));
        self.entries = kept.into();
        taken
    }

    /// The end of the offsets that the spooled batches of a partition of `log` cover without a
    /// hole: from the table's position `from`, or from their first offset if it is unknown.
    pub(crate) fn coverage(&self, log: &LogId, partition: i32, from: Option<i64>) -> Option<i64> {
        let ranges = self.entries.iter().flat_map(|entry| &entry.header.ranges);
        let ranges = ranges.filter(|it| it.partition == partition && it.log == *log);
        contiguous_end(ranges.map(|it| it.offsets), from)
    }

    /// The log of the newest spooled batch of a partition of `cluster`.
    pub(crate) fn log(&self, cluster: &str, partition: i32) -> Option<&LogId> {
        let newest_first = self.entries.iter().rev().flat_map(|entry| &entry.header.ranges);
        newest_first
            .filter(|range| range.partition == partition)
            .map(|range| &range.log)
            .find(|log| log.as_str().split('#').next() == Some(cluster))
    }

    /// Puts the spooled batches of `partition` into `epoch`, the current one. If a hole shows
    /// before one of them, the partition is rewound.
    pub(crate) fn claim(&mut self, partition: i32, epoch: Epoch) {
        for entry in &mut self.entries {
            if entry.covers(partition) {
                entry.epochs.insert(partition, epoch);
            }
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
