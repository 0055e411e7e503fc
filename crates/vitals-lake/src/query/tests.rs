use std::{sync::Arc, time::Duration};

use deltalake::{
    arrow::array::{
        ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
        TimestampMicrosecondArray, new_null_array,
    },
    protocol::SaveMode,
};
use vitals_core::{domain::vital::Vital, runtime::config::LakeSettings};

use super::*;
use crate::{
    schema::{self, VITALS},
    table::Lake,
};

const HEART_RATE: &[Vital] = &[Vital::HeartRate, Vital::Temperature];

struct Row(&'static str, i64, Option<f64>, bool);

fn reading(patient_id: &'static str, time_ms: i64, heart_rate: f64) -> Row {
    Row(patient_id, time_ms, Some(heart_rate), false)
}

/// The rows in the columns of the table; what is not said is null.
fn batch(rows: &[Row]) -> RecordBatch {
    let schema = VITALS.arrow_schema();
    let column = |name: &str| -> ArrayRef {
        let times = || {
            let times = rows.iter().map(|row| Some(row.1 * 1000));
            TimestampMicrosecondArray::from_iter(times).with_timezone("UTC")
        };
        match name {
            "patient_id" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0))),
            "time" | "kafka_time" => Arc::new(times()),
            "heart_rate" => Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.2))),
            "kafka_cluster" => Arc::new(StringArray::from(vec!["c1"; rows.len()])),
            "kafka_partition" => Arc::new(Int32Array::from(vec![0; rows.len()])),
            "kafka_offset" => Arc::new(Int64Array::from_iter_values(0..rows.len() as i64)),
            schema::REJECTED => {
                Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.3))))
            }
            other => {
                let field = schema.field_with_name(other).unwrap();
                new_null_array(field.data_type(), rows.len())
            }
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

fn lake(dir: &tempfile::TempDir) -> Lake {
    let url = dir.path().display().to_string();
    Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap()
}

async fn append(lake: &Lake, rows: &[Row]) {
    let table = lake.open_or_create(&VITALS).await.unwrap();
    table.write(vec![batch(rows)]).with_save_mode(SaveMode::Append).await.unwrap();
}

fn ask(from_ms: i64, to_ms: i64, points: usize) -> Question<'static> {
    Question { patient_id: "p-1", from_ms, to_ms, points, vitals: HEART_RATE }
}

#[tokio::test]
async fn readings_of_one_patient_in_the_range_are_aggregated() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let mut rows: Vec<Row> =
        (0..100).map(|second| reading("p-1", second * 1000, 60.0 + second as f64)).collect();
    rows.extend([reading("p-2", 5_000, 200.0), Row("p-1", 6_000, Some(300.0), true)]);
    rows.push(Row("p-1", 7_500, None, false));
    append(&lake, &rows).await;
    // Late rows come in later files.
    append(&lake, &[reading("p-1", 1_500, 10.0), reading("p-1", 100_000, 1.0)]).await;

    let history = Reader::new(lake).history(&ask(0, 100_000, 10)).await.unwrap();
    assert_eq!(history.bucket_ms, 10_000);
    assert_eq!(history.time_ms, (0..10).map(|ten| ten * 10_000).collect::<Vec<_>>());
    assert_eq!(history.rows, 102);
    let [heart_rate] = &history.series[..] else { panic!("{:?}", history.series) };
    assert_eq!(heart_rate.vital, Vital::HeartRate);
    assert_eq!(heart_rate.count, [11, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
    assert_eq!((heart_rate.min[0], heart_rate.max[0]), (Some(10.0), Some(69.0)));
    assert_eq!(heart_rate.avg[0], Some((645.0 + 10.0) / 11.0));
    assert_eq!((heart_rate.min[9], heart_rate.max[9]), (Some(150.0), Some(159.0)));
}

#[tokio::test]
async fn a_bucket_with_readings_but_without_the_vital_has_no_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[reading("p-1", 1_000, 60.0), Row("p-1", 2_000, None, false)]).await;
    let history = Reader::new(lake).history(&ask(0, 3_000, 3)).await.unwrap();
    assert_eq!(history.time_ms, [1_000, 2_000]);
    assert_eq!(history.series[0].avg, [Some(60.0), None]);
    assert_eq!(history.series[0].count, [1, 0]);
    assert_eq!(history.rows, 2);
}

#[tokio::test]
async fn the_table_is_found_when_it_is_created_and_new_rows_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let reader = Reader::new(lake.clone());
    let question = ask(0, 10_000, 10);
    assert_eq!(reader.history(&question).await.unwrap(), History::empty(1_000));
    for (rows, time_ms) in [(1, 1_000), (2, 2_000)] {
        append(&lake, &[reading("p-1", time_ms, 70.0)]).await;
        tokio::time::sleep(FRESH + Duration::from_millis(50)).await;
        assert_eq!(reader.history(&question).await.unwrap().rows, rows);
    }
}

#[tokio::test]
async fn a_view_is_used_for_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[reading("p-1", 1_000, 70.0)]).await;
    let reader = Reader::new(lake.clone());
    reader.check().await.unwrap();
    let loaded = reader.view.lock().await.loaded;
    assert_eq!(reader.history(&ask(0, 10_000, 10)).await.unwrap().rows, 1);
    assert_eq!(reader.view.lock().await.loaded, loaded);
}

#[tokio::test]
async fn a_table_that_is_replaced_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[reading("p-1", 1_000, 70.0)]).await;
    let reader = Reader::new(lake.clone());
    let question = ask(0, 10_000, 10);
    assert_eq!(reader.history(&question).await.unwrap().rows, 1);
    std::fs::remove_dir_all(dir.path().join(VITALS.name)).unwrap();
    reader.history(&question).await.unwrap_err();
    append(&lake, &[reading("p-1", 1_000, 70.0), reading("p-1", 2_000, 70.0)]).await;
    assert_eq!(reader.history(&question).await.unwrap().rows, 2);
}

#[tokio::test]
async fn a_question_that_makes_no_sense_names_its_field() {
    let dir = tempfile::tempdir().unwrap();
    let reader = Reader::new(lake(&dir));
    let cases = [
        (ask(-1, 10, 10), "from_ms"),
        (ask(0, MAX_TIME_MS + 1, 10), "to_ms"),
        (ask(10, 10, 10), "to_ms"),
        (ask(11, 10, 10), "to_ms"),
        (ask(0, 10, 1), "points"),
        (ask(0, 10, MAX_POINTS + 1), "points"),
    ];
    for (question, field) in cases {
        match reader.history(&question).await {
            Err(QueryError::Invalid(invalid)) => assert_eq!(invalid.field, field),
            other => panic!("{question:?}: {other:?}"),
        }
    }
}
