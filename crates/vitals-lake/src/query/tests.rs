use std::{sync::Arc, time::Duration};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use deltalake::protocol::SaveMode;
use vitals_core::domain::{decode::Decoded, vital::Vital};

use super::{table_view::MAX_VIEW_AGE, *};
use crate::{
    schema::{REJECTED, VITALS},
    table::Lake,
    testing::lake,
};

const NOW: i64 = 1_763_812_800_000;

const QUERIED_VITALS: &[Vital] = &[Vital::HeartRate, Vital::Temperature];

pub(super) struct Row {
    patient_id: &'static str,
    time_ms: i64,
    heart_rate: Option<f64>,
    temperature: Option<f64>,
    flags: Option<&'static str>,
    rejected: bool,
    device_id: Option<&'static str>,
    sequence: Option<i64>,
    device_time_ms: Option<i64>,
    /// The arrival; the time if there is none.
    arrival_ms: Option<i64>,
}

pub(super) const fn reading(patient_id: &'static str, time_ms: i64, heart_rate: f64) -> Row {
    Row {
        patient_id,
        time_ms,
        heart_rate: Some(heart_rate),
        temperature: None,
        flags: None,
        rejected: false,
        device_id: None,
        sequence: None,
        device_time_ms: None,
        arrival_ms: None,
    }
}

const fn without_heart_rate(patient_id: &'static str, time_ms: i64) -> Row {
    Row { heart_rate: None, ..reading(patient_id, time_ms, 0.0) }
}

/// The rows in the table's columns. Columns without a value are null.
fn batch(rows: &[Row]) -> RecordBatch {
    let schema = VITALS.arrow_schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            column(field.name(), rows)
                .unwrap_or_else(|| new_null_array(field.data_type(), rows.len()))
        })
        .collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

fn column(name: &str, rows: &[Row]) -> Option<ArrayRef> {
    Some(match name {
        "patient_id" => {
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.patient_id)))
        }
        "time" => {
            let times = rows.iter().map(|row| Some(row.time_ms * 1000));
            Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"))
        }
        "kafka_time" => {
            let times = rows.iter().map(|row| Some(row.arrival_ms.unwrap_or(row.time_ms) * 1000));
            Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"))
        }
        "device_time" => {
            let times = rows.iter().map(|row| row.device_time_ms.map(|time_ms| time_ms * 1000));
            Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"))
        }
        "heart_rate" => Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.heart_rate))),
        "temperature" => Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.temperature))),
        "flags" => Arc::new(StringArray::from_iter(rows.iter().map(|row| row.flags))),
        "device_id" => Arc::new(StringArray::from_iter(rows.iter().map(|row| row.device_id))),
        "sequence" => Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.sequence))),
        "kafka_cluster" => Arc::new(StringArray::from(vec!["c1"; rows.len()])),
        "kafka_partition" => Arc::new(Int32Array::from(vec![0; rows.len()])),
        "kafka_offset" => Arc::new(Int64Array::from_iter_values(0..rows.len() as i64)),
        REJECTED => Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.rejected)))),
        _ => return None,
    })
}

pub(super) async fn append(lake: &Lake, rows: &[Row]) {
    let table = lake.open_or_create(&VITALS).await.unwrap();
    table.write(vec![batch(rows)]).with_save_mode(SaveMode::Append).await.unwrap();
}

const fn query(from_ms: i64, to_ms: i64, points: usize) -> HistoryQuery<'static> {
    HistoryQuery { patient_id: "p-1", from_ms, to_ms, points, vitals: QUERIED_VITALS, device: None }
}

#[tokio::test]
async fn readings_of_one_patient_in_the_range_are_aggregated() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let mut rows: Vec<Row> =
        (0..100).map(|second| reading("p-1", second * 1000, 60.0 + second as f64)).collect();
    rows.push(reading("p-2", 5_000, 200.0));
    rows.push(Row { rejected: true, ..reading("p-1", 6_000, 300.0) });
    rows.push(without_heart_rate("p-1", 7_500));
    append(&lake, &rows).await;
    // Late rows arrive in later files.
    append(&lake, &[reading("p-1", 1_500, 10.0), reading("p-1", 100_000, 1.0)]).await;

    let history =
        HistoryReader::new(Tables::new(lake)).history(&query(0, 100_000, 10)).await.unwrap();
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
async fn a_bucket_without_measurements_of_a_vital_has_no_values() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[reading("p-1", 1_000, 60.0), without_heart_rate("p-1", 2_000)]).await;
    let history = HistoryReader::new(Tables::new(lake)).history(&query(0, 3_000, 3)).await.unwrap();
    assert_eq!(history.time_ms, [1_000, 2_000]);
    assert_eq!(history.series[0].avg, [Some(60.0), None]);
    assert_eq!(history.series[0].count, [1, 0]);
    assert_eq!(history.rows, 2);
}

#[tokio::test]
async fn doubted_values_are_beside_the_accepted_ones() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let flagged = |time_ms, heart_rate, flags| Row {
        flags: Some(flags),
        ..reading("p-1", time_ms, heart_rate)
    };
    let doubted = [
        flagged(1_200, 8.0, "late,heart_rate:low"),
        flagged(1_300, 360.0, "heart_rate:high,spo2:low"),
        flagged(2_000, 5.0, "heart_rate:ambiguous"),
    ];
    append(&lake, &[reading("p-1", 1_000, 70.0), flagged(1_100, 80.0, "late,spo2:low")]).await;
    append(&lake, &doubted).await;
    let history = HistoryReader::new(Tables::new(lake)).history(&query(0, 3_000, 3)).await.unwrap();
    let [rate] = &history.series[..] else { panic!("{:?}", history.series) };
    assert_eq!(
        (&rate.count, &rate.min, &rate.max),
        (&vec![2, 0], &vec![Some(70.0), None], &vec![Some(80.0), None])
    );
    assert_eq!(rate.avg, [Some(75.0), None]);
    let expected = Doubted {
        min: vec![Some(8.0), Some(5.0)],
        max: vec![Some(360.0), Some(5.0)],
        count: vec![2, 1],
    };
    assert_eq!(rate.doubted, Some(expected));
    assert_eq!(history.rows, 5);
}

#[tokio::test]
async fn a_doubt_about_one_message_of_a_reading_stays() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    // Without device and sequence, messages of the same time are one reading.
    let rate = Row { flags: Some("heart_rate:low"), ..reading("p-1", 1_000, 8.0) };
    let temperature = Row {
        temperature: Some(44.0),
        flags: Some("late,temperature:high"),
        ..without_heart_rate("p-1", 1_000)
    };
    append(&lake, &[rate, temperature]).await;
    let history = HistoryReader::new(Tables::new(lake)).history(&query(0, 3_000, 3)).await.unwrap();
    let found: Vec<_> = history
        .series
        .iter()
        .map(|series| (series.vital, series.count[0], series.doubted.as_ref().unwrap().count[0]))
        .collect();
    assert_eq!(found, [(Vital::HeartRate, 0, 1), (Vital::Temperature, 0, 1)]);
}

#[tokio::test]
async fn a_reading_that_was_sent_again_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let of = |device_id, sequence, time_ms, heart_rate| Row {
        device_id,
        sequence,
        ..reading("p-1", time_ms, heart_rate)
    };
    let first = of(Some("mon-1"), Some(1), 1_000, 60.0);
    let second = of(Some("mon-1"), Some(2), 1_500, 90.0);
    let other = of(Some("mon-2"), Some(1), 1_000, 120.0);
    append(&lake, &[first, second, other]).await;
    // Twice more, in later files: with its sequence, without any id, and the values in two parts.
    for _ in 0..2 {
        let again = of(Some("mon-1"), Some(1), 1_000, 60.0);
        let unnamed = reading("p-1", 1_200, 90.0);
        append(&lake, &[again, unnamed, without_heart_rate("p-1", 1_200)]).await;
    }
    let history =
        HistoryReader::new(Tables::new(lake)).history(&query(0, 10_000, 10)).await.unwrap();
    assert_eq!((history.rows, &history.series[0].count), (4, &vec![4]));
    assert_eq!(history.series[0].avg, [Some(90.0)]);
}

#[tokio::test]
async fn a_reading_of_a_clock_ahead_counts_once_although_each_arrival_places_it_anew() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let sent_ms = 500_000;
    let of = |time_ms, sequence, device_time_ms| Row {
        device_id: Some("mon-1"),
        sequence: Some(sequence),
        device_time_ms,
        ..reading("p-1", time_ms, 60.0)
    };
    append(&lake, &[of(1_000, 1, Some(sent_ms)), of(2_000, 2, Some(sent_ms + 1_000))]).await;
    // Later the same clock is less far ahead of the arrival, and its time counts.
    append(&lake, &[of(4_000, 1, Some(sent_ms)), of(sent_ms, 1, None)]).await;
    let history =
        HistoryReader::new(Tables::new(lake)).history(&query(0, 600_000, 600)).await.unwrap();
    assert_eq!((history.rows, &history.time_ms[..]), (2, &[1_000, 2_000][..]));
}

#[tokio::test]
async fn readings_of_a_wrong_clock_are_where_the_live_view_places_them() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let mut rows = Vec::new();
    // Two hours behind, four minutes ahead, and set to 1970; each a reading a second.
    let clocks = [("mon-1", 7_200_000), ("mon-2", -240_000), ("mon-3", NOW)];
    for (device_id, lag_ms) in clocks {
        rows.extend((0..60).map(|second| Row {
            device_id: Some(device_id),
            sequence: Some(second),
            arrival_ms: Some(NOW + second * 1_000),
            ..reading("p-1", NOW + second * 1_000 - lag_ms, 60.0 + second as f64)
        }));
    }
    append(&lake, &rows).await;
    let reader = HistoryReader::new(Tables::new(lake));
    let history = reader.history(&query(NOW, NOW + 60_000, 60)).await.unwrap();
    assert_eq!(history.time_ms, (0..60).map(|second| NOW + second * 1_000).collect::<Vec<_>>());
    assert_eq!(history.series[0].count, [3; 60]);
    let rates: Vec<_> = (0..60).map(|second| Some(60.0 + f64::from(second))).collect();
    assert_eq!((&history.series[0].min, &history.series[0].max), (&rates, &rates));
    // They are at no second time.
    for (_, lag_ms) in clocks {
        let from_ms = NOW - lag_ms;
        let found = reader.history(&query(from_ms, from_ms + 60_000, 60)).await.unwrap();
        assert_eq!(found.rows, 0, "{lag_ms} ms behind");
    }
}

#[tokio::test]
async fn late_values_stay_at_the_time_of_their_measurement() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let of = |time_ms, arrival_ms| Row {
        device_id: Some("mon-1"),
        arrival_ms: Some(arrival_ms),
        ..reading("p-1", time_ms, 70.0)
    };
    let mut rows: Vec<_> =
        (0..100).map(|second| of(NOW + second * 1_000, NOW + second * 1_000)).collect();
    // Buffered in an outage of ten minutes, and sent within a second.
    rows.extend((100..700).map(|second| of(NOW + second * 1_000, NOW + 700_000 + second)));
    rows.extend((702..800).map(|second| of(NOW + second * 1_000, NOW + second * 1_000)));
    append(&lake, &rows).await;
    let reader = HistoryReader::new(Tables::new(lake));
    for (first, last) in [(0, 800), (100, 700), (200, 300), (690, 800), (0, 110)] {
        let (from_ms, to_ms) = (NOW + first * 1_000, NOW + last * 1_000);
        let history = reader.history(&query(from_ms, to_ms, 2_000)).await.unwrap();
        let measured =
            rows.iter().map(|row| row.time_ms).filter(|time_ms| (from_ms..to_ms).contains(time_ms));
        let starts = measured.map(|time_ms| time_ms - time_ms % history.bucket_ms);
        assert_eq!(history.time_ms, starts.collect::<Vec<_>>(), "{first} to {last} s");
    }
}

#[tokio::test]
async fn the_devices_of_a_range_are_named_and_can_be_read_alone() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let of =
        |device_id, time_ms, heart_rate| Row { device_id, ..reading("p-1", time_ms, heart_rate) };
    let rows = [
        of(Some("mon-1"), 1_000, 60.0),
        of(Some("mon-1"), 1_500, 62.0),
        Row { flags: Some("heart_rate:high"), ..of(Some("oxi-2"), 1_100, 360.0) },
        of(Some("oxi-2"), 1_200, 100.0),
        Row { heart_rate: None, temperature: Some(37.0), ..of(None, 1_300, 0.0) },
        of(Some("oxi-3"), 9_000, 100.0),
    ];
    append(&lake, &rows).await;
    let reader = HistoryReader::new(Tables::new(lake));
    let all = query(0, 3_000, 2);
    let history = reader.history(&all).await.unwrap();
    let device = |id: Option<&str>, readings, values: &[(Vital, u64)]| Device {
        id: id.map(ToOwned::to_owned),
        readings,
        values: values.to_vec(),
    };
    let devices = [
        device(None, 1, &[(Vital::Temperature, 1)]),
        device(Some("mon-1"), 2, &[(Vital::HeartRate, 2)]),
        device(Some("oxi-2"), 2, &[(Vital::HeartRate, 2)]),
    ];
    assert_eq!((history.rows, &history.devices[..]), (5, &devices[..]));

    let alone =
        reader.history(&HistoryQuery { device: Some("mon-1"), ..all.clone() }).await.unwrap();
    assert_eq!((alone.rows, &alone.devices[..]), (2, &devices[..]));
    let [rate] = &alone.series[..] else { panic!("{:?}", alone.series) };
    assert_eq!((&rate.avg, &rate.doubted), (&vec![Some(61.0)], &None));
    let unknown = reader.history(&HistoryQuery { device: Some("mon"), ..all }).await.unwrap();
    assert_eq!((unknown.rows, &unknown.devices[..]), (0, &devices[..]));
}

#[tokio::test]
async fn a_table_without_the_time_as_sent_has_a_history() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let rows = batch(&[reading("p-1", 1_000, 70.0)]);
    let columns: Vec<usize> = (0..rows.num_columns())
        .filter(|column| rows.schema().field(*column).name() != "device_time")
        .collect();
    let url = deltalake::ensure_table_uri(lake.table_url(VITALS.name)).unwrap();
    let table = deltalake::DeltaTable::try_from_url(url).await.unwrap();
    let rows = rows.project(&columns).unwrap();
    table.write(vec![rows]).with_partition_columns([REJECTED]).await.unwrap();
    let history =
        HistoryReader::new(Tables::new(lake)).history(&query(0, 10_000, 10)).await.unwrap();
    assert_eq!(history.rows, 1);
}

#[tokio::test]
async fn a_new_table_and_new_rows_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let reader = HistoryReader::new(Tables::new(lake.clone()));
    let query = query(0, 10_000, 10);
    assert_eq!(reader.history(&query).await.unwrap(), History::empty(1_000));
    for (rows, time_ms) in [(1, 1_000), (2, 2_000)] {
        append(&lake, &[reading("p-1", time_ms, 70.0)]).await;
        tokio::time::sleep(MAX_VIEW_AGE + Duration::from_millis(50)).await;
        assert_eq!(reader.history(&query).await.unwrap().rows, rows);
    }
}

#[tokio::test]
async fn a_view_is_reused_for_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[reading("p-1", 1_000, 70.0)]).await;
    let tables = Tables::new(lake.clone());
    let reader = HistoryReader::new(Arc::clone(&tables));
    reader.check().await.unwrap();
    let loaded = tables.vitals.view.lock().await.loaded;
    assert_eq!(reader.history(&query(0, 10_000, 10)).await.unwrap().rows, 1);
    assert_eq!(tables.vitals.view.lock().await.loaded, loaded);
}

#[tokio::test]
async fn a_replaced_table_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[reading("p-1", 1_000, 70.0)]).await;
    let reader = HistoryReader::new(Tables::new(lake.clone()));
    let query = query(0, 10_000, 10);
    assert_eq!(reader.history(&query).await.unwrap().rows, 1);
    std::fs::remove_dir_all(dir.path().join(VITALS.name)).unwrap();
    reader.history(&query).await.unwrap_err();
    append(&lake, &[reading("p-1", 1_000, 70.0), reading("p-1", 2_000, 70.0)]).await;
    assert_eq!(reader.history(&query).await.unwrap().rows, 2);
}

#[tokio::test]
async fn an_invalid_query_is_refused_by_field() {
    let dir = tempfile::tempdir().unwrap();
    let reader = HistoryReader::new(Tables::new(lake(&dir)));
    let cases = [
        (query(-1, 10, 10), "from_ms"),
        (query(0, MAX_TIME_MS + 1, 10), "to_ms"),
        (query(10, 10, 10), "to_ms"),
        (query(11, 10, 10), "to_ms"),
        (query(0, 10, 1), "points"),
        (query(0, 10, MAX_POINTS + 1), "points"),
    ];
    for (query, field) in cases {
        match reader.history(&query).await {
            Err(QueryError::Invalid(invalid)) => assert_eq!(invalid.field, field),
            other => panic!("{query:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_period_has_its_readings_in_order_and_its_rejected_messages() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let period = Period { from_ms: 1_000, to_ms: 3_000, ward: None };
    let mut found = Vec::new();
    let tables = Tables::new(lake.clone());
    period.readings(&tables, |decoded| found.push(decoded.reading.time_ms)).await.unwrap();
    assert_eq!(found, [0_i64; 0]);
    tokio::time::sleep(MAX_VIEW_AGE + Duration::from_millis(50)).await;

    append(&lake, &[reading("p-2", 2_000, 70.0), reading("p-1", 2_000, 60.0)]).await;
    append(&lake, &[reading("p-1", 1_000, 61.0), reading("p-1", 999, 1.0)]).await;
    append(&lake, &[reading("p-1", 3_000, 2.0), without_heart_rate("p-3", 2_999)]).await;
    append(&lake, &[Row { rejected: true, ..reading("p-1", 2_000, 3.0) }]).await;
    append(&lake, &[Row { rejected: true, ..reading("p-1", 3_000, 4.0) }]).await;

    let mut found = Vec::new();
    let add = |decoded: &Decoded<'_>| {
        let rate = decoded.reading.vitals.get(Vital::HeartRate);
        found.push((decoded.reading.patient_id.to_string(), decoded.reading.time_ms, rate));
    };
    period.readings(&tables, add).await.unwrap();
    let named = |id: &str, time_ms, rate| (id.to_owned(), time_ms, rate);
    let expected = [
        named("p-1", 1_000, Some(61.0)),
        named("p-1", 2_000, Some(60.0)),
        named("p-2", 2_000, Some(70.0)),
        named("p-3", 2_999, None),
    ];
    assert_eq!(found, expected);
    let mut reasons = Vec::new();
    period.rejected(&tables, |reason, _| reasons.push(reason.to_owned())).await.unwrap();
    assert_eq!(reasons, ["unknown"]);
}
