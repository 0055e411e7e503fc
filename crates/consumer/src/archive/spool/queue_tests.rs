use std::{fs, path::Path};

use bytes::Bytes;
use vitals_core::{domain::rejection::Reason, runtime::config::SpoolSettings};
use vitals_lake::append::DataFile;

use super::*;

fn settings(dir: &Path) -> SpoolSettings {
    let folder = dir.display().to_string();
    SpoolSettings { folder, max_bytes: 100_000, min_free_bytes: 0 }
}

fn open(dir: &Path) -> Spool {
    Spool::open(Folder::take(&settings(dir), "group", true).unwrap()).unwrap()
}

/// Rows `start..end` of a partition that was read in `epoch`.
fn parcel(partition: i32, epoch: Epoch, start: i64, end: i64) -> PendingBatch {
    let file = DataFile {
        rejected: false,
        rows: usize::try_from(end - start).unwrap(),
        bytes: Bytes::from(format!("rows {start} to {end} of {partition}")),
        stats: "{}".to_owned(),
    };
    let rejected =
        Rejected { partition, offset: start, reason: Reason::NotJson, key: None, payload: None };
    let batch = Batch {
        spans: BTreeMap::from([(partition, Span { epoch, start, end })]),
        files: vec![file],
        rejected: vec![rejected],
        ..Batch::empty()
    };
    PendingBatch { batch, logs: BTreeMap::from([(partition, "c".to_owned())]), spooled: false }
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir.join("group.0")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|it| it.extension().is_some()).collect();
    paths.sort();
    paths
}

fn spans(front: &DrainCandidate) -> Vec<(i32, i64, i64)> {
    front.parcel.batch.spans.iter().map(|(id, span)| (*id, span.start, span.end)).collect()
}

#[test]
fn batches_come_back_in_order_and_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    for (partition, start, end) in [(0, 5, 8), (1, 0, 4), (0, 8, 20)] {
        spool.append(&parcel(partition, 1, start, end)).unwrap();
    }
    drop(spool);
    let mut spool = open(dir.path());
    let (front, damaged) = spool.front(false);
    let front = front.unwrap();
    assert_eq!((spans(&front), damaged.len()), (vec![(0, 5, 8)], 0));
    assert_eq!(front.parcel.batch.files[0].bytes, "rows 5 to 8 of 0");
    assert_eq!(front.parcel.batch.rejected[0].reason, Reason::NotJson);
    spool.settle(&front.sequences, None);
    let front = spool.front(true).0.unwrap();
    assert_eq!(spans(&front), [(0, 8, 20), (1, 0, 4)]);
    spool.settle(&front.sequences, None);
    assert!(spool.is_empty() && files(dir.path()).is_empty());
}

#[test]
fn batches_that_do_not_continue_each_other_go_in_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&parcel(0, 1, 5, 8)).unwrap();
    spool.append(&parcel(0, 1, 9, 20)).unwrap();
    assert_eq!(spans(&spool.front(true).0.unwrap()), [(0, 5, 8)]);
}

#[test]
fn the_chain_goes_on_behind_the_table() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&parcel(0, 1, 5, 8)).unwrap();
    spool.append(&parcel(0, 1, 8, 20)).unwrap();
    assert_eq!(spool.chain("c", 0, Some(6)), Some(20));
    assert_eq!(spool.chain("c", 0, Some(4)), None);
    assert_eq!(spool.chain("c#2", 0, None), None);
    assert_eq!(spool.chain("c", 1, None), None);
    assert_eq!((spool.log("c", 0), spool.log("d", 0)), (Some("c"), None));
}

#[test]
fn a_damaged_batch_is_quarantined_and_its_partition_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&parcel(0, 7, 5, 8)).unwrap();
    spool.append(&parcel(0, 7, 8, 20)).unwrap();
    let path = files(dir.path()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 10;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (front, damaged) = spool.front(true);
    assert_eq!((spans(&front.unwrap()), damaged), (vec![(0, 8, 20)], vec![(0, 7)]));
    assert_eq!(spool.level().quarantined, 1);
}

#[test]
fn a_torn_batch_is_quarantined_at_the_start_and_an_unfinished_one_removed() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(&parcel(0, 1, 5, 8)).unwrap();
    spool.append(&parcel(0, 1, 8, 20)).unwrap();
    drop(spool);
    let path = files(dir.path()).remove(1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    fs::write(path.with_extension("part"), "half a ba").unwrap();
    let spool = open(dir.path());
    assert_eq!(spool.level(), Level { quarantined: 1, batches: 1, ..spool.level() });
    assert_eq!(spool.chain("c", 0, None), Some(8));
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn at_the_watermark_nothing_is_taken_and_nothing_is_left_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let limits = SpoolSettings { max_bytes: 30, ..settings(dir.path()) };
    let mut spool = Spool::open(Folder::take(&limits, "group", true).unwrap()).unwrap();
    spool.append(&parcel(0, 1, 5, 8)).unwrap();
    let error = spool.append(&parcel(0, 1, 8, 20)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!((spool.level().batches, files(dir.path()).len()), (1, 1));
    drop(spool);
    let limits = SpoolSettings { min_free_bytes: u64::MAX / 2, ..settings(dir.path()) };
    let mut spool = Spool::open(Folder::take(&limits, "group", true).unwrap()).unwrap();
    assert!(spool.append(&parcel(0, 1, 8, 20)).is_err());
}

#[test]
fn two_processes_never_share_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let first = Folder::take(&settings, "group", false).unwrap();
    let second = Folder::take(&settings, "group", false).unwrap();
    assert_ne!(format!("{:?}", first.path(0)), format!("{:?}", second.path(0)));
    let named = Folder::take(&settings, "named", true).unwrap();
    let error = Folder::take(&settings, "named", true).unwrap_err().to_string();
    assert!(error.contains("consumer.instance_id"), "{error}");
    drop(named);
    Folder::take(&settings, "named", true).unwrap();
}
