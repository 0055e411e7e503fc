//! Queries for alarms, on a real table.

use std::{sync::Arc, time::Duration};

use arrow::{array::RecordBatch, json::ReaderBuilder};
use deltalake::protocol::SaveMode;
use serde_json::json;

use super::{table_view::MAX_VIEW_AGE, *};
use crate::{
    schema::{ALERTS, REJECTED},
    table::Lake,
    testing::lake,
};

/// A transition: patient, onset, time and kind.
type Row = (&'static str, i64, i64, &'static str);

/// The rows in the table's columns. Columns without a value are null.
fn batch(rows: &[Row], rejected: bool) -> RecordBatch {
    let rows = (0..).zip(rows).map(|(offset, (patient_id, onset_ms, at_ms, kind))| {
        json!({
            "patient_id": patient_id, "occurrence_id": format!("{patient_id}/{onset_ms}"),
            "kind": kind, "rule": "limit.spo2.low", "priority": "medium",
            "text": format!("{kind} at {at_ms}"), "onset": onset_ms * 1000, "time": at_ms * 1000,
            "kafka_time": at_ms * 1000, "kafka_cluster": "c1", "kafka_partition": 0,
            "kafka_offset": offset, REJECTED: rejected,
        })
    });
    let mut decoder = ReaderBuilder::new(ALERTS.arrow_schema()).build_decoder().unwrap();
    decoder.serialize(&rows.collect::<Vec<_>>()).unwrap();
    decoder.flush().unwrap().unwrap()
}

async fn append(lake: &Lake, rows: &[Row], rejected: bool) {
    let table = lake.open_or_create(&ALERTS).await.unwrap();
    table.write(vec![batch(rows, rejected)]).with_save_mode(SaveMode::Append).await.unwrap();
}

const fn query(from_ms: i64, to_ms: i64, limit: usize) -> AlarmQuery<'static> {
    AlarmQuery { patient_id: "p-1", from_ms, to_ms, limit }
}

/// Onset, text and end of each alarm.
fn short(history: &AlarmHistory) -> Vec<(i64, &str, Option<i64>)> {
    let alarms = history.alarms.iter();
    alarms.map(|alarm| (alarm.onset_ms, alarm.text.as_str(), alarm.ended_ms)).collect()
}

#[tokio::test]
async fn the_alarms_of_one_patient_are_those_that_last_in_the_period() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let reader = HistoryReader::new(Tables::new(lake.clone()));
    let empty = reader.alarms(&query(0, 9_000, 10)).await.unwrap();
    assert_eq!((short(&empty), empty.complete), (Vec::new(), true));
    tokio::time::sleep(MAX_VIEW_AGE + Duration::from_millis(50)).await;

    append(&lake, &[("p-1", 1_000, 2_000, "raised"), ("p-2", 1_000, 2_000, "raised")], false).await;
    // The end of an alarm is in a later file, and after the period of its onset.
    append(&lake, &[("p-1", 3_000, 9_500, "cleared"), ("p-1", 3_000, 4_000, "raised")], false)
        .await;
    append(&lake, &[("p-1", 5_000, 5_000, "raised")], true).await;
    append(&lake, &[("p-1", 9_000, 9_100, "raised")], false).await;
    let found = reader.alarms(&query(1_000, 9_000, 10)).await.unwrap();
    let expected = [(3_000, "raised at 4000", Some(9_500)), (1_000, "raised at 2000", None)];
    assert_eq!(short(&found), expected);

    // Raised before the period, and ended in it or not at all.
    let onsets = async |from_ms, to_ms| {
        let found = reader.alarms(&query(from_ms, to_ms, 10)).await.unwrap();
        found.alarms.iter().map(|alarm| alarm.onset_ms).collect::<Vec<_>>()
    };
    assert_eq!(onsets(9_500, 9_600).await, [9_000, 3_000, 1_000]);
    assert_eq!(onsets(9_501, 9_600).await, [9_000, 1_000], "ended before");
    assert_eq!(onsets(1_001, 3_000).await, [1_000], "begun later");
}

#[tokio::test]
async fn alarms_that_ended_before_the_period_take_no_place_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let rows: [Row; 4] = [
        ("p-1", 1_000, 1_500, "raised"),
        ("p-1", 2_000, 2_500, "raised"),
        ("p-1", 2_000, 2_600, "cleared"),
        ("p-1", 2_000, 9_000, "acknowledged"),
    ];
    append(&lake, &rows, false).await;
    let reader = HistoryReader::new(Tables::new(lake));
    let found = reader.alarms(&query(3_000, 9_000, 1)).await.unwrap();
    assert_eq!((short(&found), found.complete), (vec![(1_000, "raised at 1500", None)], true));
}

#[tokio::test]
async fn beyond_the_limit_the_oldest_alarms_are_left_out_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let rows: [Row; 4] = [
        ("p-1", 1_000, 1_500, "raised"),
        ("p-1", 1_000, 1_600, "cleared"),
        ("p-1", 2_000, 2_500, "raised"),
        ("p-1", 2_000, 2_600, "cleared"),
    ];
    append(&lake, &rows, false).await;
    let reader = HistoryReader::new(Tables::new(lake));
    for (limit, alarms, complete) in [(4, 2, true), (3, 1, false), (2, 1, false), (1, 0, false)] {
        let found = reader.alarms(&query(0, 9_000, limit)).await.unwrap();
        assert_eq!((found.alarms.len(), found.complete), (alarms, complete), "limit {limit}");
    }
}

#[tokio::test]
async fn the_table_is_kept_open_and_new_alarms_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[("p-1", 1_000, 1_500, "raised")], false).await;
    let tables = Tables::new(lake.clone());
    let reader = HistoryReader::new(Arc::clone(&tables));
    let count = async || reader.alarms(&query(0, 9_000, 10)).await.unwrap().alarms.len();
    assert_eq!(count().await, 1);
    let loaded = tables.alerts.view.lock().await.loaded;
    assert_eq!(count().await, 1);
    assert_eq!(tables.alerts.view.lock().await.loaded, loaded);

    append(&lake, &[("p-1", 2_000, 2_500, "raised")], false).await;
    tokio::time::sleep(MAX_VIEW_AGE + Duration::from_millis(50)).await;
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn a_replaced_table_of_alarms_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[("p-1", 1_000, 1_500, "raised")], false).await;
    let reader = HistoryReader::new(Tables::new(lake.clone()));
    let query = query(0, 9_000, 10);
    assert_eq!(reader.alarms(&query).await.unwrap().alarms.len(), 1);
    std::fs::remove_dir_all(dir.path().join(ALERTS.name)).unwrap();
    reader.alarms(&query).await.unwrap_err();
    append(&lake, &[("p-1", 1_000, 1_500, "raised"), ("p-1", 2_000, 2_500, "raised")], false).await;
    assert_eq!(reader.alarms(&query).await.unwrap().alarms.len(), 2);
}
