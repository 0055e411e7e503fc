//! History queries against a real Delta table.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use deltalake::protocol::SaveMode;
use serde_json::json;
use vitals_core::runtime::config::LakeSettings;
use vitals_lake::{
    schema::{REJECTED, VITALS},
    table::Lake,
};

use crate::support::{Dashboard, broker};

const START: i64 = 1_763_812_800_000;

/// A minute of readings, one per second. The heart rate is 60 plus the second; that of the first is
/// doubted.
fn minute(patient: &str) -> RecordBatch {
    let schema = VITALS.arrow_schema();
    let seconds = || 0..60_i64;
    let column = |name: &str| -> ArrayRef {
        let times = || {
            let times = seconds().map(|second| Some((START + second * 1000) * 1000));
            TimestampMicrosecondArray::from_iter(times).with_timezone("UTC")
        };
        match name {
            "patient_id" => Arc::new(StringArray::from(vec![patient; 60])),
            "time" | "kafka_time" => Arc::new(times()),
            "heart_rate" => Arc::new(Float64Array::from_iter_values(
                seconds().map(|second| 60.0 + second as f64),
            )),
            // The last device measures the second half.
            "device_id" => {
                let devices = seconds().map(|second| if second < 30 { "mon-1" } else { "oxi-2" });
                Arc::new(StringArray::from_iter_values(devices))
            }
            "flags" => {
                let codes = seconds().map(|second| (second == 0).then_some("heart_rate:low"));
                Arc::new(StringArray::from_iter(codes))
            }
            "kafka_cluster" => Arc::new(StringArray::from(vec!["c1"; 60])),
            "kafka_partition" => Arc::new(Int32Array::from(vec![0; 60])),
            "kafka_offset" => Arc::new(Int64Array::from_iter_values(seconds())),
            REJECTED => Arc::new(BooleanArray::from(vec![false; 60])),
            other => new_null_array(schema.field_with_name(other).unwrap().data_type(), 60),
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

async fn archive(dashboard: &Dashboard, patients: &[&str]) {
    let url = dashboard.lake.path().display().to_string();
    let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
    let table = lake.open_or_create(&VITALS).await.unwrap();
    let rows: Vec<_> = patients.iter().map(|patient| minute(patient)).collect();
    table.write(rows).with_save_mode(SaveMode::Append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn history_comes_in_buckets_from_the_table() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let (from, to) = (START, START + 60_000);
    let path = format!("/api/patients/p%2F1/history?from_ms={from}&to_ms={to}&points=4");
    let empty = dashboard.json(&path).await;
    assert_eq!(
        (&empty["rows"], &empty["time_ms"], &empty["series"], &empty["devices"]),
        (&json!(0), &json!([]), &json!({}), &json!([]))
    );

    archive(&dashboard, &["p/1", "p-2"]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let mut history = dashboard.json(&path).await;
    // All that arrived is archived, up to now.
    insta::assert_json_snapshot!(history, {".archived_up_to.time_ms" => "[now]"});
    let by_query = path.replacen("patients/p%2F1/history?", "history?patient_id=p%2F1&", 1);
    let mut same = dashboard.json(&by_query).await;
    for history in [&mut history, &mut same] {
        history.as_object_mut().unwrap().remove("archived_up_to");
    }
    assert_eq!(same, history);
    let alone = dashboard.json(&format!("{path}&device=oxi-2")).await;
    assert_eq!((&alone["rows"], &alone["device"]), (&json!(30), &json!("oxi-2")));
    assert_eq!(alone["devices"], history["devices"]);
    let status = dashboard.json("/api/status").await;
    assert_eq!(status["lake"], "up");
    let metrics = dashboard.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("vitals_dashboard_history_seconds"), "{metrics}");
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_query_names_its_fields() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let cases = [
        ("", "from_ms,to_ms"),
        ("?from_ms=soon&to_ms=2&points=many", "from_ms,points"),
        ("?from_ms=-1&to_ms=2", "from_ms"),
        ("?from_ms=5&to_ms=5", "to_ms"),
        ("?from_ms=1&to_ms=2&points=2001", "points"),
        ("?from_ms=1&to_ms=999999999999999999", "to_ms"),
        ("?from_ms=1&to_ms=99999999999999999999", "to_ms"),
    ];
    for (query, fields) in cases {
        dashboard.expect_invalid(&format!("/api/patients/p-1/history{query}"), fields).await;
    }
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_table_is_a_503() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    archive(&dashboard, &["p-1"]).await;
    dashboard.damage(&VITALS);
    let path = format!("/api/patients/p-1/history?from_ms={START}&to_ms={}", START + 1000);
    let response = dashboard.get(&path).await;
    assert_eq!(response.status(), 503);
    let problem: serde_json::Value = response.json().await.unwrap();
    assert_eq!(problem["detail"], "history storage is unavailable");
    dashboard.stop().await;
}
