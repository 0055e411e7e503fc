//! Queries for a patient's alarms against a real Delta table.

use arrow::{array::RecordBatch, json::ReaderBuilder};
use deltalake::protocol::SaveMode;
use serde_json::json;
use vitals_core::runtime::config::LakeSettings;
use vitals_lake::{
    schema::{ALERTS, REJECTED},
    table::Lake,
};

use crate::support::{Dashboard, broker};

const START: i64 = 1_763_812_800_000;

/// A transition: patient, rule, seconds of onset and transition, kind, priority, text, person.
type Row = (
    &'static str,
    &'static str,
    i64,
    i64,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

/// Two alarms of `p/1`, of which one has ended, and one of another patient.
const ROWS: [Row; 7] = [
    ("p/1", "limit.spo2.low", 10, 20, "raised", "medium", "SpO2 88 < 90", None),
    ("p-2", "limit.spo2.low", 10, 20, "raised", "medium", "SpO2 87 < 90", None),
    ("p/1", "limit.spo2.low", 10, 30, "changed", "high", "SpO2 79 < 80", None),
    ("p/1", "limit.spo2.low", 10, 35, "silenced", "high", "SpO2 78 < 80", Some("Bo")),
    ("p/1", "limit.spo2.low", 10, 40, "acknowledged", "high", "SpO2 78 < 80", Some("Ada Li")),
    ("p/1", "news2", 25, 45, "raised", "low", "NEWS2 5", None),
    ("p/1", "limit.spo2.low", 10, 90, "cleared", "high", "SpO2 89 < 90", None),
];

/// [`ROWS`] in the table's columns. Columns without a value are null.
fn batch() -> RecordBatch {
    let rows = (0..).zip(ROWS).map(|(offset, row)| {
        let (patient_id, rule, onset_s, at_s, kind, priority, text, acted_by) = row;
        let at_us = (START + at_s * 1000) * 1000;
        let onset_ms = START + onset_s * 1000;
        json!({
            "patient_id": patient_id, "occurrence_id": format!("{patient_id}/{rule}/{onset_ms}"),
            "rule": rule, "onset": onset_ms * 1000, "time": at_us, "kafka_time": at_us,
            "kind": kind, "priority": priority, "text": text, "acted_by": acted_by,
            "kafka_cluster": "c1", "kafka_partition": 0, "kafka_offset": offset, REJECTED: false,
        })
    });
    let mut decoder = ReaderBuilder::new(ALERTS.arrow_schema()).build_decoder().unwrap();
    decoder.serialize(&rows.collect::<Vec<_>>()).unwrap();
    decoder.flush().unwrap().unwrap()
}

async fn archive(dashboard: &Dashboard) {
    let url = dashboard.lake.path().display().to_string();
    let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
    let table = lake.open_or_create(&ALERTS).await.unwrap();
    table.write(vec![batch()]).with_save_mode(SaveMode::Append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alarms_of_a_period_come_from_the_table() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let path = format!("/api/alarms?patient_id=p%2F1&from_ms={START}&to_ms={}", START + 60_000);
    let empty = dashboard.json(&path).await;
    assert_eq!((&empty["alarms"], &empty["complete"]), (&json!([]), &json!(true)), "{empty}");
    archive(&dashboard).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    insta::assert_json_snapshot!(dashboard.json(&path).await);
    // The one that was raised before this period and ended in it, and the one without an end.
    let later =
        format!("/api/alarms?patient_id=p%2F1&from_ms={}&to_ms={}", START + 90_000, START + 95_000);
    assert_eq!(dashboard.json(&later).await["alarms"].as_array().unwrap().len(), 2);

    dashboard.damage(&ALERTS);
    let response = dashboard.get(&path).await;
    assert_eq!(response.status(), 503);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_query_names_its_fields() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    for (query, fields) in [
        ("", "patient_id"),
        ("?patient_id=p-1", "from_ms,to_ms"),
        ("?patient_id=p-1&from_ms=soon&to_ms=2", "from_ms"),
        ("?patient_id=p-1&from_ms=-1&to_ms=2", "from_ms"),
        ("?patient_id=p-1&from_ms=5&to_ms=5", "to_ms"),
        ("?patient_id=p-1&from_ms=1&to_ms=999999999999999999", "to_ms"),
    ] {
        dashboard.expect_invalid(&format!("/api/alarms{query}"), fields).await;
    }
    dashboard.stop().await;
}
