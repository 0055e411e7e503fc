use std::time::Duration;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

use super::*;
use crate::{
    audit::{PartitionAudit, audit},
    lease::{ClaimWatch, Lease},
    schema::{COVERS_TO, ERASED, LOST, TOMBSTONE, VITALS},
    table::Lake,
    testing::{append, lake, messages, open, stand_in},
};

fn log() -> LogId {
    LogId::new("c1", 1)
}

const fn range(start: i64, end: i64) -> OffsetRange {
    OffsetRange { start, end }
}

/// Offsets 0..10 stored, 10..20 lost, 20..25 erased, 25..30 without a row, 30..40 stored.
async fn damaged(lake: &Lake) {
    append(lake, messages(0, 0..10, |offset| offset == 3), &[(0, 10)]).await;
    append(lake, stand_in(0, range(10, 20), LOST), &[(0, 20)]).await;
    append(lake, stand_in(0, range(20, 25), ERASED), &[(0, 25)]).await;
    append(lake, messages(0, 30..40, |_| false), &[(0, 40)]).await;
}

async fn claim(lake: &Lake) -> (deltalake::DeltaTable, Lease) {
    let mut table = open(lake).await;
    let mut watch = ClaimWatch::default();
    let lease = Lease::claim(lake, &mut table, &mut watch, 1, Duration::ZERO).await.unwrap();
    (table, lease.unwrap())
}

async fn audited(lake: &Lake) -> PartitionAudit {
    audit(lake, &VITALS, "vitals").await.unwrap().unwrap().partitions.remove(0)
}

fn set(ranges: &[OffsetRange]) -> Offsets {
    let mut offsets = Offsets::default();
    ranges.iter().for_each(|range| offsets.insert_range(*range));
    offsets
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_finds_what_has_no_message() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    damaged(&lake).await;
    let table = open(&lake).await;
    let found = inspect(&lake, &table, &log(), 0, range(5, 35)).await.unwrap();
    assert_eq!(found.missing.ranges(), [range(10, 20), range(25, 30)]);
    assert_eq!(found.stood_for.ranges(), [range(10, 20)]);
    let part = inspect(&lake, &table, &log(), 0, range(15, 28)).await.unwrap();
    assert_eq!(part.missing.ranges(), [range(15, 20), range(25, 28)]);
    let other = inspect(&lake, &table, &LogId::new("c2", 1), 0, range(0, 2)).await.unwrap();
    assert_eq!(other.missing.ranges(), [range(0, 2)]);
}

/// A second repair would otherwise replace its row again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_tombstone_has_its_row() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, messages(0, 0..3, |_| false), &[(0, 3)]).await;
    append(&lake, stand_in(0, range(3, 4), TOMBSTONE), &[(0, 4)]).await;
    let found = inspect(&lake, &open(&lake).await, &log(), 0, range(0, 4)).await.unwrap();
    assert!(found.missing.is_empty(), "{:?}", found.missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn filled_offsets_have_one_row_each_and_the_rest_keeps_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    damaged(&lake).await;
    let (mut table, lease) = claim(&lake).await;
    let found = inspect(&lake, &table, &log(), 0, range(0, 40)).await.unwrap();
    let rows = [messages(0, 12..15, |_| false), messages(0, 25..30, |_| false)];
    let filled = set(&[range(12, 15), range(25, 30)]);
    assert!(fill(&lake, &mut table, lease, &found, &rows, &filled).await.unwrap());
    let audit = audited(&lake).await;
    assert!(audit.is_clean(), "{audit:?}");
    assert_eq!(audit.lost, [range(10, 12), range(15, 20)]);
    assert_eq!(audit.erased, [range(20, 25)]);
    assert_eq!((audit.stored, audit.rejected), (27, 1));
    // A second repair finds only what is left.
    let (table, _) = claim(&lake).await;
    let again = inspect(&lake, &table, &log(), 0, range(0, 40)).await.unwrap();
    assert_eq!(again.missing.ranges(), [range(10, 12), range(15, 20)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_repairs_of_the_same_hole_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    damaged(&lake).await;
    let (mut first, first_lease) = claim(&lake).await;
    let seen = inspect(&lake, &first, &log(), 0, range(0, 40)).await.unwrap();
    let (mut second, second_lease) = claim(&lake).await;
    let rows = [messages(0, 25..30, |_| false)];
    let filled = set(&[range(25, 30)]);
    let done = fill(&lake, &mut second, second_lease, &seen, &rows, &filled).await;
    assert!(done.unwrap());
    let refused = fill(&lake, &mut first, first_lease, &seen, &rows, &filled).await;
    assert!(refused.unwrap_err().is::<crate::lease::ClaimLost>());
    assert!(audited(&lake).await.is_clean());
}

#[test]
fn a_stand_in_of_another_partition_is_not_cut() {
    let rows = stand_in(1, range(10, 20), LOST);
    let kept = stand_ins::cut(&rows, &log(), 0, &set(&[range(10, 20)])).unwrap();
    assert_eq!(kept, rows);
    let cut =
        |ranges: &[OffsetRange]| offsets(&stand_ins::cut(&rows, &log(), 1, &set(ranges)).unwrap());
    assert_eq!(cut(&[range(12, 14)]), [range(10, 12), range(14, 20)]);
    assert_eq!(cut(&[range(0, 30)]), []);
}

fn offsets(rows: &RecordBatch) -> Vec<OffsetRange> {
    let values = |name: &str| {
        let column = rows.column_by_name(name).unwrap();
        assert_eq!(column.null_count(), 0);
        column.as_primitive::<Int64Type>().values().to_vec()
    };
    let ends = values(COVERS_TO);
    values("kafka_offset").into_iter().zip(ends).map(|(start, end)| range(start, end)).collect()
}
