//! A producer in another language, with another Kafka library.

use serde_json::{Value, json};
use xtask::independent;

use crate::support::cluster::{Cluster, TOPIC};
use crate::support::{seconds, wait_until};

/// A typical message of such a producer: no key, a timestamp in seconds, no sequence number.
const READING: &str = r#"{"patient_id":"ab12cd34","timestamp":1763812800,"heart_rate":88,"spo2":97,"systolic":121,"diastolic":79,"respiratory_rate":16}"#;
const TIME_MS: i64 = 1_763_812_800_000;

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn a_reading_from_kafka_python_reaches_the_ward_and_the_table() {
    let cluster = Cluster::start("foreign_producer").await;
    let consumer = cluster.spawn("consumer", &[], &[]);
    let dashboard = cluster.spawn("dashboard", &[], &[]);
    cluster.wait_ready(&cluster.consumer).await;
    cluster.wait_ready(&cluster.dashboard).await;

    let broker = cluster.services.bootstrap_servers();
    let sent = independent::run("send.py", &[&broker, TOPIC, READING]).unwrap();
    wait_until("the patient is on the ward", seconds(20), async || {
        cluster.get(&cluster.dashboard, "/api/ward").await.is_some_and(|ward| on_the_ward(&ward))
    })
    .await;
    cluster.wait_archived().await;
    let history = format!(
        "/api/patients/ab12cd34/history?from_ms={}&to_ms={}",
        TIME_MS - 60_000,
        TIME_MS + 60_000
    );
    wait_until("the history has the reading", seconds(30), async || {
        let history = cluster.get(&cluster.dashboard, &history).await;
        history.is_some_and(|history| history["rows"] == 1)
    })
    .await;
    dashboard.stop().await;
    consumer.stop().await;

    let rows = cluster.rows();
    assert_eq!(rows.len(), 1, "{rows:?}");
    check_row(&rows[0], &sent);
}

fn on_the_ward(ward: &Value) -> bool {
    let patients = ward["patients"].as_array().unwrap();
    patients.iter().any(|patient| {
        patient["patient_id"] == "ab12cd34"
            && patient["vitals"]["heart_rate"]["value"] == 88.0
            && patient["vitals"]["spo2"]["value"] == 97.0
            && patient["last_time_ms"] == TIME_MS
    })
}

fn check_row(row: &Value, sent: &Value) {
    let expected = json!({
        "patient_id": "ab12cd34", "time": TIME_MS * 1000, "rejected": false,
        "heart_rate": 88.0, "spo2": 97.0, "systolic": 121.0, "diastolic": 79.0,
        "respiratory_rate": 16.0, "temperature": null, "sequence": null, "reject_reason": null,
        "kafka_partition": sent["partition"], "kafka_offset": sent["offset"],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}: {row}");
    }
}
