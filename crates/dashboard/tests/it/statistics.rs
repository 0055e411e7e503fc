//! Statistics, live and of a real Delta table.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray, new_null_array,
};
use deltalake::protocol::SaveMode;
use serde_json::{Value, json};
use vitals_core::runtime::config::LakeSettings;
use vitals_lake::{
    schema::{REJECTED, VITALS},
    table::Lake,
};

use crate::support::{Dashboard, Producer, broker, wait_until};

const START: i64 = 1_763_812_800_000;

/// A row of the table, at a second after the start.
#[derive(Clone, Copy, Default)]
struct Row {
    second: i64,
    patient: &'static str,
    ward: Option<&'static str>,
    heart_rate: Option<f64>,
    flags: Option<&'static str>,
    rejected: Option<(&'static str, &'static str)>,
}

fn batch(rows: &[Row]) -> RecordBatch {
    let schema = VITALS.arrow_schema();
    let text = |get: fn(&Row) -> Option<&'static str>| -> ArrayRef {
        Arc::new(StringArray::from_iter(rows.iter().map(get)))
    };
    let column = |name: &str| -> ArrayRef {
        match name {
            "patient_id" => text(|row| Some(row.patient).filter(|_| row.rejected.is_none())),
            "ward" => text(|row| row.ward),
            "flags" => text(|row| row.flags),
            "reject_reason" => text(|row| row.rejected.map(|(reason, _)| reason)),
            "reject_payload" => {
                let payload = |row: &Row| row.rejected.map(|(_, payload)| payload.as_bytes());
                Arc::new(BinaryArray::from_iter(rows.iter().map(payload)))
            }
            "heart_rate" => Arc::new(Float64Array::from_iter(rows.iter().map(|it| it.heart_rate))),
            "time" | "kafka_time" => {
                let times = rows.iter().map(|row| Some((START + row.second * 1000) * 1000));
                Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"))
            }
            "kafka_cluster" => Arc::new(StringArray::from(vec!["c1"; rows.len()])),
            "kafka_partition" => Arc::new(Int32Array::from(vec![0; rows.len()])),
            "kafka_offset" => Arc::new(Int64Array::from_iter_values(0..rows.len() as i64)),
            REJECTED => Arc::new(BooleanArray::from_iter(
                rows.iter().map(|row| Some(row.rejected.is_some())),
            )),
            other => new_null_array(schema.field_with_name(other).unwrap().data_type(), rows.len()),
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

async fn archive(dashboard: &Dashboard, rows: &[Row]) {
    let url = dashboard.lake.path().display().to_string();
    let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
    let table = lake.open_or_create(&VITALS).await.unwrap();
    table.write(vec![batch(rows)]).with_save_mode(SaveMode::Append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statistics_of_a_period_come_from_the_table() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let path = format!("/api/statistics?from_ms={START}&to_ms={}", START + 120_000);
    assert_eq!(dashboard.json(&path).await["readings"], 0);

    let of = |patient, ward, second, heart_rate| Row {
        second,
        patient,
        ward: Some(ward),
        heart_rate: Some(heart_rate),
        ..Row::default()
    };
    let rejected = |second, reason, payload| Row {
        second,
        rejected: Some((reason, payload)),
        ..Row::default()
    };
    let doubted = Row { flags: Some("heart_rate:low"), ..of("p-1", "A", 20, 8.0) };
    let named = r#"{"device_id":"mon-7","timestamp":"never"}"#;
    archive(
        &dashboard,
        &[
            of("p-1", "A", 0, 70.0),
            of("p-1", "A", 10, 80.0),
            doubted,
            Row { heart_rate: None, ..of("p-1", "A", 30, 0.0) },
            of("p-2", "B", 60, 100.0),
            of("p-2", "B", 120, 150.0),
            rejected(5, "not_json", "{"),
            rejected(6, "invalid_timestamp", named),
            rejected(7, "invalid_timestamp", named),
            rejected(120, "not_json", "{"),
        ],
    )
    .await;
    wait_until("the table is found", async || dashboard.json(&path).await["readings"] != 0).await;
    let mut all = dashboard.json(&path).await;
    all.as_object_mut().unwrap().remove("server_time_ms");
    insta::assert_json_snapshot!(all, {".archived_up_to.time_ms" => "[now]"});

    let ward = dashboard.json(&format!("{path}&ward=B")).await;
    assert_eq!((&ward["patients"], &ward["readings"]), (&json!(1), &json!(1)));
    assert_eq!(heart_rate(&ward)["distribution"]["median"], 100.0);
    assert_eq!(ward["rejected_total"], 3);
    dashboard.stop().await;
}

fn heart_rate(statistics: &Value) -> &Value {
    &statistics["vitals"][0]
}

#[tokio::test(flavor = "multi_thread")]
async fn live_statistics_count_what_arrives() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    producer.read("p-1", &json!({"heart_rate": 70, "ward": "A", "device_id": "mon-1"}));
    producer
        .read("p-2", &json!({"heart_rate": 90, "ward": "B", "spo2": 970, "device_id": "mon-2"}));
    producer.send("p-3", r#"{"device_id": "mon-3", "timestamp": 1}"#);
    producer.flush();
    let path = "/api/statistics/live?minutes=60";
    wait_until("everything is counted", async || {
        let found = dashboard.json(path).await;
        found["readings"] == 2 && found["rejected_total"] == 1
    })
    .await;

    let found = dashboard.json(path).await;
    assert_eq!((&found["source"], &found["patients"]), (&json!("live"), &json!(2)));
    let distribution = &heart_rate(&found)["distribution"];
    assert_eq!((&distribution["min"], &distribution["max"]), (&json!(70.0), &json!(90.0)));
    let refused = json!([
        {"field": "spo2", "reason": "out_of_range", "device_id": "mon-2", "count": 1},
    ]);
    assert_eq!(found["refused"], refused);
    let rejected = json!([{"reason": "missing_field", "device_id": "mon-3", "count": 1}]);
    assert_eq!(found["rejected"], rejected);
    let ward = dashboard.json(&format!("{path}&ward=A")).await;
    assert_eq!((&ward["ward"], &ward["patients"]), (&json!("A"), &json!(1)));
    assert_eq!(heart_rate(&ward)["distribution"]["max"], 70.0);
    // A sample every five seconds: a score of one part is incomplete.
    let is_sampled = async || {
        let bands = &dashboard.json(path).await["bands"];
        bands[0]["band"] == "incomplete" && bands[0]["duration_ms"].as_i64() > Some(0)
    };
    wait_until("the patients are sampled", is_sampled).await;
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_query_names_its_fields() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    for (query, fields) in [
        ("", "from_ms,to_ms"),
        ("?from_ms=soon&to_ms=-2", "from_ms,to_ms"),
        ("?from_ms=5&to_ms=5", "to_ms"),
        ("?from_ms=1&to_ms=604800002", "to_ms"),
        ("?from_ms=1&to_ms=999999999999999999", "to_ms"),
        ("/live?minutes=0", "minutes"),
        ("/live?minutes=61", "minutes"),
        ("/live?minutes=many", "minutes"),
    ] {
        dashboard.expect_invalid(&format!("/api/statistics{query}"), fields).await;
    }
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_table_is_a_503() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let row = Row { patient: "p-1", heart_rate: Some(70.0), ..Row::default() };
    archive(&dashboard, &[row]).await;
    dashboard.damage(&VITALS);
    let path = format!("/api/statistics?from_ms={START}&to_ms={}", START + 1000);
    assert_eq!(dashboard.get(&path).await.status(), 503);
    dashboard.stop().await;
}
