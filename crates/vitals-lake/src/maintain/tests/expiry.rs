use arrow::{
    array::{ArrayRef, RecordBatch, StringArray},
    datatypes::SchemaRef,
};
use vitals_core::domain::offset_range::OffsetRange;

use super::*;
use crate::{schema::NO_MESSAGE, testing::stand_in};

const DAY_MS: i64 = 86_400_000;

fn keep_for(days: u64) -> Policy {
    let age = Duration::from_secs(days * 86_400);
    Policy { expiry: Some(Expiry { topic: "vitals".to_owned(), age }), ..POLICY }
}

/// Appends the last 100 s of the first day, of which two offsets have no message, and the first 100 s
/// of the second.
async fn fill_two_days(lake: &Lake) {
    append(lake, messages(0, 86_300..86_350, |offset| offset % 10 == 0), &[(0, 86_350)]).await;
    append(lake, messages(0, 86_350..86_398, |offset| offset % 10 == 0), &[(0, 86_398)]).await;
    let without = OffsetRange { start: 86_398, end: 86_400 };
    append(lake, stand_in(0, without, NO_MESSAGE), &[(0, 86_400)]).await;
    append(lake, messages(0, 86_400..86_500, |offset| offset % 10 == 0), &[(0, 86_500)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_past_their_retention_are_removed_and_are_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill_two_days(&lake).await;
    let kept = run_at(&lake, &keep_for(1), 2 * DAY_MS - 150_000).await;
    assert_eq!(kept.expired, Expired::default(), "the first rows are not a day old");

    // A day after the end of the first day.
    let report = run_at(&lake, &keep_for(1), 2 * DAY_MS + 1000).await;
    assert_eq!(report.expired.rows, 99, "{report:?}");
    let table = open(&lake).await;
    assert_eq!(rows(&table).await, 100);
    let transactions = Transactions::read(&lake, &table).await.unwrap();
    assert_eq!(topic_log().begin(&transactions, 0), Some(86_400));
    let found = audited(&lake).await;
    assert!(found.is_clean(), "{found:?}");
    let partition = &found.partitions[0];
    assert_eq!((partition.first, partition.position), (86_400, Some(86_500)));

    let again = run_at(&lake, &keep_for(1), 2 * DAY_MS + 1000).await;
    assert_eq!(again.expired, Expired::default());
    append(&lake, messages(0, 86_500..86_510, |_| false), &[(0, 86_510)]).await;
    assert!(audited(&lake).await.is_clean());
    let all = run_at(&lake, &keep_for(1), 9 * DAY_MS).await;
    assert_eq!((all.expired.rows, all.rows), (110, 0));
    assert!(audited(&lake).await.is_clean(), "an empty table lacks nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_retention_rows_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill_two_days(&lake).await;
    let report = run_at(&lake, &POLICY, 1000 * DAY_MS).await;
    assert_eq!((report.expired, report.rows), (Expired::default(), 199));
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_files_hold_one_day_each_so_a_day_can_be_removed() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill_two_days(&lake).await;
    let policy = Policy { thorough: false, min_files: 100, ..POLICY };
    let report = run_at(&lake, &policy, 2 * DAY_MS).await;
    let added = report.compaction.added.count;
    assert_eq!((added, report.files.count), (2, 4), "valid and rejected, each of two days");
    let expired = run_at(&lake, &keep_for(1), 2 * DAY_MS + 1000).await.expired;
    assert_eq!((expired.files.count, expired.rows), (2, 99));
}

fn with_time_type(rows: &RecordBatch, kind: &str) -> RecordBatch {
    let schema: SchemaRef = rows.schema();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    let kinds = vec![kind; rows.num_rows()];
    columns[schema.index_of("kafka_time_type").unwrap()] = Arc::new(StringArray::from(kinds));
    RecordBatch::try_new(schema, columns).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_without_a_time_of_their_own_age_from_their_archiving() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, with_time_type(&messages(0, 0..10, |_| false), "create"), &[(0, 10)]).await;
    append(&lake, with_time_type(&messages(0, 10..20, |_| false), "implausible"), &[(0, 20)]).await;
    let report = run(&lake, &Policy { min_files: 100, ..keep_for(1) }).await;
    assert_eq!((report.expired.rows, report.rows), (10, 10));
    // The time of a file is in whole milliseconds.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let later = run(&lake, &keep_for(0)).await;
    assert_eq!((later.expired.rows, later.rows), (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_dated_ahead_age_from_their_archiving() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, messages(0, 0..10, |_| false), &[(0, 10)]).await;
    let ahead = now_ms() / 1000 + 10 * 365 * 86_400;
    append(&lake, messages(0, ahead..ahead + 10, |_| false), &[(0, ahead + 10)]).await;
    let report = run(&lake, &Policy { min_files: 100, ..keep_for(1) }).await;
    assert_eq!((report.expired.rows, report.rows), (10, 10));
    // The time of a file is in whole milliseconds.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let later = run(&lake, &keep_for(0)).await;
    assert_eq!((later.expired.rows, later.rows), (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_removes_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let second = now_ms() / 1000;
    append(&lake, messages(0, second..second + 10, |_| false), &[(0, second + 10)]).await;
    let report = run_at(&lake, &keep_for(1), now_ms() + 30 * DAY_MS).await;
    assert_eq!((report.expired, report.rows), (Expired::default(), 10));
    let log = dir.path().join("vitals/_delta_log");
    assert!(log.join("00000000000000000000.json").exists(), "the log is kept as well");
}
