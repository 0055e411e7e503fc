use std::{fs, path::Path};

use bytes::Bytes;
use vitals_core::{
    domain::{offset_range::OffsetRange, rejection::Reason},
    runtime::config::SpoolSettings,
};
use vitals_lake::append::DataFile;

use super::*;
use crate::archive::batch::{Batch, CoveredRange, RejectedMessage};

fn settings(dir: &Path) -> SpoolSettings {
    let folder = dir.display().to_string();
    SpoolSettings { folder, max_bytes: 100_000, min_free_bytes: 0 }
}

fn open_with(settings: &SpoolSettings) -> Spool {
    Spool::open(SpoolDirectory::take(settings, "group", true).unwrap()).unwrap()
}

fn open(dir: &Path) -> Spool {
    open_with(&settings(dir))
}

fn log() -> LogId {
    LogId::new("c", 1)
}

/// A batch of the offsets `start..end` of a partition, read in `epoch`.
fn pending(partition: i32, epoch: Epoch, start: i64, end: i64) -> PendingBatch {
    let file = DataFile {
        rejected: false,
        rows: usize::try_from(end - start).unwrap(),
        bytes: Bytes::from(format!("rows {start} to {end} of {partition}")),
        stats: "{}".to_owned(),
    };
    let reason = Reason::NotJson;
    let rejected = RejectedMessage {
        partition,
        offset: start,
        reason,
        key: None,
        payload: None,
        headers: Vec::new(),
        time_ms: -1,
    };
    let range = CoveredRange { epoch, offsets: OffsetRange { start, end } };
    let batch = Batch {
        ranges: BTreeMap::from([(partition, range)]),
        files: vec![file],
        rejected: vec![rejected],
        ..Batch::empty()
    };
    PendingBatch { batch, logs: BTreeMap::from([(partition, log())]), spooled: false }
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir.join("group.0")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|it| it.extension().is_some()).collect();
    paths.sort();
    paths
}

fn ranges(candidate: &DrainCandidate) -> Vec<(i32, i64, i64)> {
    let ranges = candidate.pending.batch.ranges.iter();
    ranges.map(|(id, range)| (*id, range.offsets.start, range.offsets.end)).collect()
}

#[test]
fn batches_are_drained_in_order_even_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    for (partition, start, end) in [(0, 5, 8), (1, 0, 4), (0, 8, 20)] {
        spool.append(&pending(partition, 1, start, end)).unwrap();
    }
    drop(spool);
    let mut spool = open(dir.path());
    let (candidate, damaged) = spool.drain_candidate(false);
    let candidate = candidate.unwrap();
    assert_eq!((ranges(&candidate), damaged.len()), (vec![(0, 5, 8)], 0));
    assert_eq!(candidate.pending.batch.files[0].bytes, "rows 5 to 8 of 0");
    assert_eq!(candidate.pending.batch.rejected[0].reason, Reason::NotJson);
    spool.remove(&candidate.sequences);
    let candidate = spool.drain_candidate(true).0.unwrap();
    assert_eq!(ranges(&candidate), [(0, 8, 20), (1, 0, 4)]);
    spool.remove(&candidate.sequences);
    assert!(spool.is_empty() && files(dir.path()).is_empty());
}

#[test]
fn batches_with_a_hole_between_are_drained_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&pending(0, 1, 5, 8)).unwrap();
    spool.append(&pending(0, 1, 9, 20)).unwrap();
    assert_eq!(ranges(&spool.drain_candidate(true).0.unwrap()), [(0, 5, 8)]);
}

#[test]
fn coverage_continues_the_table() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&pending(0, 1, 5, 8)).unwrap();
    spool.append(&pending(0, 1, 8, 20)).unwrap();
    assert_eq!(spool.coverage(&log(), 0, Some(6)), Some(20));
    assert_eq!(spool.coverage(&log(), 0, Some(4)), None);
    assert_eq!(spool.coverage(&LogId::new("c", 2), 0, None), None);
    assert_eq!(spool.coverage(&log(), 1, None), None);
    assert_eq!((spool.log("c", 0), spool.log("d", 0)), (Some(&log()), None));
}

#[test]
fn a_damaged_batch_is_quarantined_and_its_partition_returned() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&pending(0, 7, 5, 8)).unwrap();
    spool.append(&pending(0, 7, 8, 20)).unwrap();
    let path = files(dir.path()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 10;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (candidate, damaged) = spool.drain_candidate(true);
    assert_eq!((ranges(&candidate.unwrap()), damaged), (vec![(0, 8, 20)], vec![(0, 7)]));
    assert_eq!(spool.level().quarantined, 1);
}

#[test]
fn opening_quarantines_a_torn_batch_and_removes_a_partial_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&pending(0, 1, 5, 8)).unwrap();
    spool.append(&pending(0, 1, 8, 20)).unwrap();
    drop(spool);
    let path = files(dir.path()).remove(1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    fs::write(path.with_extension("part"), "half a ba").unwrap();
    let spool = open(dir.path());
    assert_eq!(spool.level(), SpoolLevel { quarantined: 1, batches: 1, ..spool.level() });
    assert_eq!(spool.coverage(&log(), 0, None), Some(8));
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn a_batch_beyond_a_watermark_is_refused_without_a_trace() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open_with(&SpoolSettings { max_bytes: 30, ..settings(dir.path()) });
    spool.append(&pending(0, 1, 5, 8)).unwrap();
    let error = spool.append(&pending(0, 1, 8, 20)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!((spool.level().batches, files(dir.path()).len()), (1, 1));
    drop(spool);
    let min_free_bytes = u64::MAX / 2;
    let mut spool = open_with(&SpoolSettings { min_free_bytes, ..settings(dir.path()) });
    assert!(spool.append(&pending(0, 1, 8, 20)).is_err());
}

#[test]
fn two_processes_never_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let first = SpoolDirectory::take(&settings, "group", false).unwrap();
    let second = SpoolDirectory::take(&settings, "group", false).unwrap();
    assert_ne!(first.path(0), second.path(0));
    let named = SpoolDirectory::take(&settings, "named", true).unwrap();
    let error = SpoolDirectory::take(&settings, "named", true).unwrap_err().to_string();
    assert!(error.contains("consumer.instance_id"), "{error}");
    drop(named);
    SpoolDirectory::take(&settings, "named", true).unwrap();
}
