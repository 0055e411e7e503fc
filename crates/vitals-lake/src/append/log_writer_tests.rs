//! Tests of the log's writer, beside other writers of the table.

use deltalake::{
    DeltaTable, DeltaTableError,
    kernel::{DataType, PrimitiveType, StructField, Transaction},
};
use futures::TryStreamExt as _;
use tempfile::TempDir;

use super::{LogWriter, commit, is_conflict};
use crate::{
    position::Transactions,
    schema::VITALS,
    table::Lake,
    testing::{lake, open, topic_log},
};

/// A new table and a writer of its log.
async fn table() -> (TempDir, Lake, DeltaTable, LogWriter) {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let table = open(&lake).await;
    let log = LogWriter::new(&table).unwrap();
    (dir, lake, table, log)
}

fn position(partition: i32, next: i64) -> Vec<Transaction> {
    vec![Transaction::new(topic_log().app_id(partition), next)]
}

async fn append(log: &mut LogWriter, partition: i32, next: i64) -> Result<(), DeltaTableError> {
    log.commit("test", Vec::new(), position(partition, next)).await
}

/// The position of a partition in the table's log.
async fn stored(lake: &Lake, partition: i32) -> Option<i64> {
    let transactions = Transactions::read(lake, &open(lake).await).await.unwrap();
    transactions.get(&topic_log().app_id(partition))
}

/// A commit of another process that changes the table's metadata.
async fn add_column(table: DeltaTable, name: &str) {
    let column = StructField::new(name, DataType::Primitive(PrimitiveType::Long), true);
    table.add_columns().with_fields([column]).await.unwrap();
}

#[tokio::test]
async fn commits_follow_each_other_and_those_of_others() {
    let (_dir, lake, mut table, mut log) = table().await;
    append(&mut log, 0, 10).await.unwrap();
    append(&mut log, 0, 20).await.unwrap();
    table.update_state().await.unwrap();
    for next in [5, 6, 7] {
        commit(&mut table, "other", Vec::new(), position(1, next)).await.unwrap();
    }
    append(&mut log, 0, 30).await.unwrap();
    assert_eq!(log.version(), 6);
    assert_eq!((stored(&lake, 0).await, stored(&lake, 1).await), (Some(30), Some(7)));
    let table = open(&lake).await;
    let newest = table.history(Some(1)).try_next().await.unwrap().unwrap();
    assert_eq!(newest.operation.as_deref(), Some("STREAMING UPDATE"));
}

#[tokio::test]
async fn a_position_that_another_commit_has_moved_is_a_conflict() {
    let (_dir, lake, mut table, mut log) = table().await;
    commit(&mut table, "other", Vec::new(), position(1, 5)).await.unwrap();
    commit(&mut table, "other", Vec::new(), position(0, 10)).await.unwrap();
    let refused = append(&mut log, 0, 7).await.unwrap_err();
    assert!(is_conflict(&refused), "{refused}");
    assert_eq!((log.version(), stored(&lake, 0).await), (0, Some(10)));
    assert!(log.refresh().await.unwrap());
    append(&mut log, 0, 11).await.unwrap();
    assert_eq!((log.version(), stored(&lake, 0).await), (3, Some(11)));
}

#[tokio::test]
async fn other_metadata_is_a_conflict_until_the_next_refresh() {
    let (_dir, lake, table, mut log) = table().await;
    add_column(table, "new").await;
    let refused = append(&mut log, 0, 7).await.unwrap_err();
    assert!(is_conflict(&refused), "{refused}");
    assert!(log.refresh().await.unwrap());
    append(&mut log, 0, 7).await.unwrap();
    assert_eq!(stored(&lake, 0).await, Some(7));
}

#[tokio::test]
async fn another_protocol_is_a_conflict_until_the_table_is_opened_again() {
    let (_dir, lake, table, mut log) = table().await;
    let feature = deltalake::kernel::TableFeatures::TimestampWithoutTimezone;
    let changed = table.add_feature().with_feature(feature);
    changed.with_allow_protocol_versions_increase(true).await.unwrap();
    let refused = append(&mut log, 0, 7).await.unwrap_err();
    assert!(is_conflict(&refused), "{refused}");
    assert!(!log.refresh().await.unwrap());
    let mut log = lake.open_log(VITALS.name).await.unwrap().unwrap();
    append(&mut log, 0, 7).await.unwrap();
}

#[tokio::test]
async fn a_log_far_ahead_is_opened_again() {
    let (_dir, _, mut table, mut log) = table().await;
    for next in 0..=50 {
        commit(&mut table, "other", Vec::new(), position(1, next)).await.unwrap();
    }
    let refused = append(&mut log, 0, 7).await.unwrap_err();
    assert!(is_conflict(&refused), "{refused}");
    assert!(!log.refresh().await.unwrap());
}

#[tokio::test]
async fn a_log_that_was_moved_away_is_missed() {
    let (dir, lake, _, log) = table().await;
    lake.require_log(&log).await.unwrap();
    std::fs::rename(dir.path().join(VITALS.name), dir.path().join("away")).unwrap();
    assert!(lake.require_log(&log).await.is_err());
}
