use std::sync::Arc;

use deltalake::arrow::{
    array::{ArrayRef, Int64Array, RecordBatch},
    datatypes::{DataType, Field, Schema},
};

use super::{
    report::judge,
    row_scan::{self, Tallies},
    *,
};
use crate::{
    schema::{self, VITALS},
    testing::{append, lake, messages},
};

fn range(from: i64, to: i64) -> Range {
    Range { from, to }
}

async fn audited(dir: &tempfile::TempDir) -> Vec<Partition> {
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
async fn what_is_missing_or_there_twice_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, messages(0, 0..10, |_| false), &[(0, 10)]).await;
    append(&lake, messages(0, 8..12, |_| false), &[(0, 12)]).await;
    append(&lake, messages(0, 15..20, |_| false), &[(0, 22)]).await;
    append(&lake, messages(1, 0..9, |_| false), &[(1, 7)]).await;
    let found = audited(&dir).await;
    assert_eq!(found[0].overlaps, [range(8, 10)]);
    assert_eq!(found[0].twice, 2);
    assert_eq!(found[0].gaps, [range(12, 15), range(20, 22)]);
    assert_eq!(found[1].beyond, Some(range(7, 9)));
    append(&lake, messages(0, 30..31, |_| false), &[(0, 31), (4, 9)]).await;
    let found = audited(&dir).await;
    assert_eq!((found[2].partition, &found[2].gaps[..]), (4, &[range(0, 9)][..]), "no row at all");
    assert!(found.iter().all(|partition| !partition.is_clean()));
}

#[tokio::test]
async fn the_checksum_is_of_the_rows_and_not_of_their_order() {
    let whole = tempfile::tempdir().unwrap();
    append(&lake(&whole), messages(0, 0..100, |_| false), &[(0, 100)]).await;
    let parts = tempfile::tempdir().unwrap();
    append(&lake(&parts), messages(0, 60..100, |_| false), &[(0, 100)]).await;
    append(&lake(&parts), messages(0, 0..60, |_| false), &[(0, 100)]).await;
    let other = tempfile::tempdir().unwrap();
    append(&lake(&other), messages(0, 0..100, |offset| offset == 50), &[(0, 100)]).await;
    let checksum = |found: Vec<Partition>| found[0].total.checksum;
    let expected = checksum(audited(&whole).await);
    assert_eq!(checksum(audited(&parts).await), expected);
    assert_ne!(checksum(audited(&other).await), expected);
}

#[tokio::test]
async fn messages_from_the_floor_on_are_summed_once_more() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, messages(0, 0..100, |_| false), &[(0, 100)]).await;
    let table = crate::testing::open(&lake).await;
    let above = async |floor: i64| {
        let floors = Floors::from([(("c1".to_owned(), 0), floor)]);
        let found = of_table(&lake, &table, &VITALS, "vitals", &floors).await.unwrap();
        (found.partitions[0].above, found.partitions[0].total)
    };
    let (all, total) = above(0).await;
    assert_eq!(all, total);
    let (some, _) = above(70).await;
    assert_eq!(some.messages, 30);
    assert_ne!(some.checksum, total.checksum);
    assert_eq!(above(100).await.0, Sum::default());
}

/// Rows as a table has them that knows rows which stand for a range of offsets.
fn with_ends(rows: &RecordBatch, ends: &[Option<i64>]) -> RecordBatch {
    let mut fields = rows.schema().fields().to_vec();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    if rows.column_by_name(schema::COVERS_TO).is_some() {
        let index = rows.schema().index_of(schema::COVERS_TO).unwrap();
        fields.remove(index);
        columns.remove(index);
    }
    fields.push(Arc::new(Field::new(schema::COVERS_TO, DataType::Int64, true)));
    columns.push(Arc::new(Int64Array::from(ends.to_vec())));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn lost_offsets_are_covered_and_shown() {
    let rows = messages(0, 0..4, |offset| offset == 3);
    let rows = with_ends(&rows, &[None, None, None, Some(100)]);
    let mut found = Tallies::new();
    row_scan::add(&mut found, &rows, &VITALS.arrow_schema(), &Floors::new()).unwrap();
    let ((cluster, id), tally) = found.into_iter().next().unwrap();
    let found = judge(cluster, id, Some(100), tally);
    assert!(found.is_clean(), "{found:?}");
    assert_eq!(found.lost, [range(3, 100)]);
    assert_eq!((found.stored, found.rejected), (3, 0), "it is no message");
}
