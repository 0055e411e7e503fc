use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch},
    datatypes::{DataType, Field, Schema},
};
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};

use super::{
    assess::{Recorded, assess},
    row_scan::{Coverages, Scanner},
    *,
};
use crate::{
    append,
    position::KafkaSource,
    schema::{COVERS_TO, VITALS},
    testing::{append, lake, messages, open, topic_log},
};

const fn range(start: i64, end: i64) -> OffsetRange {
    OffsetRange { start, end }
}

async fn audited(dir: &tempfile::TempDir) -> Vec<PartitionAudit> {
    audit(&lake(dir), &VITALS, "vitals").await.unwrap().unwrap().partitions
}

#[tokio::test]
async fn a_complete_table_is_clean() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    assert_eq!(audit(&lake, &VITALS, "vitals").await.unwrap(), None);
    append(&lake, messages(0, 5..50, |offset| offset % 10 == 7), &[(0, 50)]).await;
    append(&lake, messages(0, 50..60, |_| false), &[(0, 60)]).await;
    append(&lake, messages(3, 0..20, |_| false), &[(3, 20)]).await;
    let found = audit(&lake, &VITALS, "vitals").await.unwrap().unwrap();
    assert!(found.is_clean(), "{found:?}");
    let [first, second] = &found.partitions[..] else { panic!("{found:?}") };
    assert_eq!((first.partition, first.first, first.position), (0, 5, Some(60)));
    assert_eq!((first.stored, first.rejected, first.total.messages), (50, 5, 55));
    assert_eq!((second.partition, second.stored, second.position), (3, 20, Some(20)));
    let other = audit(&lake, &VITALS, "another").await.unwrap().unwrap();
    assert!(!other.is_clean(), "rows without a position");
}

#[tokio::test]
async fn missing_and_duplicate_offsets_are_findings() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, messages(0, 0..10, |_| false), &[(0, 10)]).await;
    append(&lake, messages(0, 8..12, |_| false), &[(0, 12)]).await;
    append(&lake, messages(0, 15..20, |_| false), &[(0, 22)]).await;
    append(&lake, messages(1, 0..9, |_| false), &[(1, 7)]).await;
    let found = audited(&dir).await;
    assert_eq!(found[0].overlaps, [range(8, 10)]);
    assert_eq!(found[0].duplicates, 2);
    assert_eq!(found[0].gaps, [range(12, 15), range(20, 22)]);
    assert_eq!(found[1].past_position, Some(range(7, 9)));
    append(&lake, messages(0, 30..31, |_| false), &[(0, 31), (4, 9)]).await;
    let found = audited(&dir).await;
    assert_eq!((found[2].partition, &found[2].gaps[..]), (4, &[range(0, 9)][..]), "no row at all");
    assert!(found.iter().all(|partition| !partition.is_clean()));
}

#[tokio::test]
async fn the_checksum_depends_on_the_rows_and_not_on_their_order() {
    let whole = tempfile::tempdir().unwrap();
    append(&lake(&whole), messages(0, 0..100, |_| false), &[(0, 100)]).await;
    let parts = tempfile::tempdir().unwrap();
    append(&lake(&parts), messages(0, 60..100, |_| false), &[(0, 100)]).await;
    append(&lake(&parts), messages(0, 0..60, |_| false), &[(0, 100)]).await;
    let other = tempfile::tempdir().unwrap();
    append(&lake(&other), messages(0, 0..100, |offset| offset == 50), &[(0, 100)]).await;
    let expected = audited(&whole).await[0].total.checksum;
    assert_eq!(audited(&parts).await[0].total.checksum, expected);
    assert_ne!(audited(&other).await[0].total.checksum, expected);
}

#[tokio::test]
async fn selected_messages_are_summed_separately() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, messages(0, 0..100, |_| false), &[(0, 100)]).await;
    let table = open(&lake).await;
    let totals = async |selected: Selected| {
        let selected = Selections::from([((LogId::new("c1", 1), 0), selected)]);
        let found = audit_table(&lake, &table, &VITALS, "vitals", &selected).await.unwrap();
        (found.partitions[0].selected, found.partitions[0].total)
    };
    let (all, total) = totals(Selected::From(0)).await;
    assert_eq!(all, total);
    let (some, _) = totals(Selected::From(70)).await;
    assert_eq!(some.messages, 30);
    assert_ne!(some.checksum, total.checksum);
    assert_eq!(totals(Selected::From(100)).await.0, Totals::default());
    let (compacted, _) = totals(Selected::At([3, 99, 100].into())).await;
    assert_eq!(compacted.messages, 2);
}

/// The rows with other values in column `covers_to`.
fn with_covers_to(rows: &RecordBatch, covers_to: &[Option<i64>]) -> RecordBatch {
    let mut fields = rows.schema().fields().to_vec();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    if rows.column_by_name(COVERS_TO).is_some() {
        let index = rows.schema().index_of(COVERS_TO).unwrap();
        fields.remove(index);
        columns.remove(index);
    }
    fields.push(Arc::new(Field::new(COVERS_TO, DataType::Int64, true)));
    columns.push(Arc::new(Int64Array::from(covers_to.to_vec())));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn lost_offsets_are_covered_and_reported() {
    let rows = messages(0, 0..4, |offset| offset == 3);
    let rows = with_covers_to(&rows, &[None, None, None, Some(100)]);
    let scanner = Scanner { schema: VITALS.arrow_schema(), selections: Selections::new() };
    let mut found = Coverages::new();
    scanner.add(&mut found, &rows).unwrap();
    let ((log, partition), coverage) = found.into_iter().next().unwrap();
    let recorded = Recorded { position: Some(100), ..Recorded::default() };
    let found = assess(log, partition, recorded, coverage);
    assert!(found.is_clean(), "{found:?}");
    assert_eq!(found.lost, [range(3, 100)]);
    assert_eq!((found.stored, found.rejected), (3, 0), "the covering row is no message");
}

#[tokio::test]
async fn rows_that_vanish_from_the_front_are_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let mut table = open(&lake).await;
    let begun = [(0, 0), (23, 4)].map(|(partition, first)| topic_log().begun(partition, first));
    append::commit(&mut table, "begin", vec![], begun.concat()).await.unwrap();
    append(&lake, messages(0, 10..20, |_| false), &[(0, 20), (23, 10)]).await;
    let found = audited(&dir).await;
    let gaps: Vec<_> = found.iter().map(|it| (it.partition, it.first, &it.gaps[..])).collect();
    assert_eq!(gaps, [(0, 0, &[range(0, 10)][..]), (23, 4, &[range(4, 10)][..])]);
}

#[tokio::test]
async fn positions_without_any_row_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let mut table = open(&lake).await;
    let moved = topic_log().moved(77, 9, None).to_vec();
    append::commit(&mut table, "moved", vec![], moved).await.unwrap();
    let found = audited(&dir).await;
    assert_eq!((found[0].partition, &found[0].gaps[..]), (77, &[range(0, 9)][..]));
}

#[tokio::test]
async fn a_partition_whose_messages_expired_before_the_first_start_is_clean() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let mut table = open(&lake).await;
    let begun = topic_log().begun(1, 500).to_vec();
    append::commit(&mut table, "begin", vec![], begun).await.unwrap();
    let found = audited(&dir).await;
    assert!(found[0].is_clean(), "{found:?}");
    assert_eq!((found[0].first, found[0].position), (500, Some(500)));
}

#[tokio::test]
async fn a_stop_is_a_finding_until_another_log_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, messages(0, 0..10, |_| false), &[(0, 10)]).await;
    let mut table = open(&lake).await;
    let stop = vec![topic_log().stopped(0, 7)];
    append::commit(&mut table, "stop", vec![], stop).await.unwrap();
    let found = audited(&dir).await;
    assert!(found[0].stopped && !found[0].is_clean());
    let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
    let begin = source.begin(0, 2, 0).to_vec();
    append::commit(&mut table, "accept-log", vec![], begin).await.unwrap();
    assert!(audited(&dir).await.iter().all(PartitionAudit::is_clean));
}
