//! The activity log: events on the topic, and the lists of them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use deltalake::protocol::SaveMode;
use serde_json::{Value, json};
use vitals_core::runtime::config::{LakeSettings, Settings};
use vitals_lake::{
    schema::{ACTIVITY, REJECTED},
    table::Lake,
};

use crate::support::{Broker, Dashboard, Producer, broker, wait_until};

const TOPIC: &str = "audit";

/// A dashboard behind a trusted proxy on this machine.
async fn behind_a_proxy(broker: &Broker) -> Dashboard {
    let dashboard =
        Dashboard::start_with(&broker.bootstrap_servers(), |settings: &mut Settings| {
            settings.dashboard.activity.enabled = true;
            settings.dashboard.activity.trusted_proxies = "127.0.0.1".to_owned();
        })
        .await;
    dashboard.wait_ready().await;
    dashboard
}

/// A request as a proxy forwards it for `user`.
async fn get_as(dashboard: &Dashboard, user: &str, path: &str) -> reqwest::Response {
    let request = dashboard.client.get(dashboard.url(path));
    let request = request.header("x-forwarded-user", user).header("user-agent", "Test");
    request.header("x-forwarded-for", "10.0.0.9, 203.0.113.9").send().await.unwrap()
}

/// The newest events without their ids and times, oldest first.
async fn events(dashboard: &Dashboard, query: &str) -> Vec<Value> {
    let list = dashboard.json(&format!("/api/activity/live{query}")).await;
    let mut events = list["events"].as_array().unwrap().clone();
    events.reverse();
    for event in &mut events {
        let event = event.as_object_mut().unwrap();
        event.remove("event_id");
        event.remove("time_ms");
        event.retain(|_, value| !value.is_null());
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_access_is_an_event_with_its_user_and_address() {
    let broker = broker();
    broker.create_topic(TOPIC, 1, 1).unwrap();
    let dashboard = behind_a_proxy(&broker).await;
    let stream = get_as(&dashboard, "ada.li", "/api/live").await;
    get_as(&dashboard, "ada.li", "/api/ward").await;
    for _ in 0..3 {
        get_as(&dashboard, "ada.li", "/api/patients/p%2F1/history?from_ms=1&to_ms=2").await;
    }
    get_as(&dashboard, "ada.li", "/api/history?patient_id=p%2F1&from_ms=3&to_ms=4").await;
    get_as(&dashboard, "bo", "/api/history?patient_id=p%2F1&from_ms=3&to_ms=4").await;
    get_as(&dashboard, "bo", "/api/statistics/live?ward=A3").await;
    get_as(&dashboard, "bo", "/api/statistics?from_ms=1&to_ms=2").await;
    // Invalid requests show nothing, and pages without patients are of no interest.
    get_as(&dashboard, "bo", "/api/history?patient_id=p-2&from_ms=5&to_ms=4").await;
    get_as(&dashboard, "bo", "/api/pipeline").await;
    let report = json!({"action": "exported", "view": "patient", "patient_id": "p/1",
        "from_ms": 3, "to_ms": 4});
    for _ in 0..2 {
        let request = dashboard.client.post(dashboard.url("/api/activity")).json(&report);
        let response = request.header("x-forwarded-user", "bo").send().await.unwrap();
        assert_eq!(response.status(), 204);
    }
    get_as(&dashboard, "bo", "/api/activity?from_ms=1&to_ms=2&patient_id=p%2F1").await;

    wait_until("the events are on the topic", async || {
        events(&dashboard, "?user=bo").await.len() == 6
    })
    .await;
    let found = json!({
        "ada.li": events(&dashboard, "?user=ada.li").await,
        "bo": events(&dashboard, "?user=bo").await,
        "exports": events(&dashboard, "?action=exported").await.len(),
    });
    insta::assert_json_snapshot!("events", found);
    let status = dashboard.json("/api/status").await;
    assert_eq!(status["activity"]["lost"], 0, "{status}");
    drop(stream);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_on_an_alarm_is_listed_beside_the_accesses() {
    let broker = broker();
    broker.create_topic(TOPIC, 1, 1).unwrap();
    let dashboard = behind_a_proxy(&broker).await;
    let event = json!({"version": 1, "event_id": "e-1", "time": START, "user": "Nurse N",
        "address": "192.0.2.7", "user_agent": "consumer watch", "action": "silenced",
        "view": "alarms", "patient_id": "p/1", "from": START, "to": START + 600_000});
    let producer = Producer::new(&broker);
    producer.send_to(TOPIC, "e-1", Some(&event.to_string()));
    producer.flush();
    wait_until("the action is listed", async || {
        events(&dashboard, "?action=silenced").await.len() == 1
    })
    .await;
    let found = events(&dashboard, "?user=Nurse+N&patient_id=p%2F1").await;
    let expected = json!([{"user": "Nurse N", "address": "192.0.2.7",
        "user_agent": "consumer watch", "action": "silenced", "view": "alarms",
        "patient_id": "p/1", "from_ms": START, "to_ms": START + 600_000}]);
    assert_eq!(json!(found), expected);
    // Only pages report, and only what happens in them.
    let report = json!({"action": "silenced", "view": "alarms", "patient_id": "p/1"});
    let request = dashboard.client.post(dashboard.url("/api/activity")).json(&report);
    assert_eq!(request.send().await.unwrap().status(), 422);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_without_trusted_proxies() {
    let broker = broker();
    broker.create_topic(TOPIC, 1, 1).unwrap();
    let enable = |settings: &mut Settings| settings.dashboard.activity.enabled = true;
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), enable).await;
    dashboard.wait_ready().await;
    get_as(&dashboard, "mallory", "/api/history?patient_id=p-1&from_ms=1&to_ms=2").await;
    // The requests of this test are events, too.
    let history = async || {
        let mut all = events(&dashboard, "").await;
        all.retain(|event| event["view"] == "patient");
        all
    };
    wait_until("the event is on the topic", async || !history().await.is_empty()).await;
    let event = history().await.remove(0);
    assert_eq!((&event["user"], &event["address"]), (&Value::Null, &json!("127.0.0.1")), "{event}");
    let named = events(&dashboard, "?user=mallory").await;
    assert!(named.is_empty(), "{named:?}");
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_request_names_its_fields() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let long = "p".repeat(257);
    let reports = [
        (json!({"action": "viewed", "view": "ward"}), "action"),
        (json!({"action": "exported", "view": "patient"}), "patient_id"),
        (json!({"action": "exported", "view": "patient", "patient_id": long}), "patient_id"),
        (json!({"action": "printed", "view": "ward", "ward": ""}), "ward"),
        (json!({"action": "printed", "view": "ward", "from_ms": 1}), "to_ms"),
        (json!({"action": "printed", "view": "ward", "from_ms": 2, "to_ms": 1}), "to_ms"),
        (json!({"action": "printed", "view": "ward", "user": "mallory"}), "user"),
        (json!({"action": "printed", "view": "bed"}), "bed"),
    ];
    for (report, field) in reports {
        let request = dashboard.client.post(dashboard.url("/api/activity")).json(&report);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 422, "{report}");
        let problem = response.text().await.unwrap();
        assert!(problem.contains(field), "{report}: {problem}");
    }
    // A foreign page can't send JSON without a preflight.
    let request = dashboard.client.post(dashboard.url("/api/activity"));
    let response = request.body(r#"{"action":"printed","view":"ward"}"#).send().await.unwrap();
    assert_eq!(response.status(), 415);
    for (query, field) in [
        ("?from_ms=1", "to_ms"),
        ("?from_ms=2&to_ms=2", "to_ms"),
        ("?from_ms=-1&to_ms=2", "from_ms"),
        ("?from_ms=1&to_ms=2&action=deleted", "action"),
        ("/live?action=deleted", "action"),
    ] {
        let response = dashboard.get(&format!("/api/activity{query}")).await;
        assert_eq!(response.status(), 422, "{query}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
    dashboard.stop().await;
}

const START: i64 = 1_763_812_800_000;

/// One event a second: views of patient `p-1` by `ada` and of `p-2` by nobody in turns, the last one an
/// export; then a rejected message.
fn minute() -> RecordBatch {
    let schema = ACTIVITY.arrow_schema();
    let count = 61;
    let text = |get: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
        let valid = |row: usize| if row < 60 { get(row) } else { None };
        Arc::new(StringArray::from_iter((0..count).map(valid)))
    };
    let time = |get: &dyn Fn(usize) -> Option<i64>| -> ArrayRef {
        let us = (0..count).map(|row| get(row).map(|ms| ms * 1000));
        Arc::new(TimestampMicrosecondArray::from_iter(us).with_timezone("UTC"))
    };
    let column = |name: &str| -> ArrayRef {
        match name {
            "event_id" => text(&|row| Some(format!("e-{row}"))),
            "time" => time(&|row| (row < 60).then_some(START + row as i64 * 1000)),
            "kafka_time" => time(&|row| Some(START + row as i64 * 1000)),
            "range_from" => time(&|row| (row == 59).then_some(START)),
            "range_to" => time(&|row| (row == 59).then_some(START + 5)),
            "user" => text(&|row| (row % 2 == 0).then(|| "ada".to_owned())),
            "address" => text(&|_| Some("2001:db8::7".to_owned())),
            "action" => text(&|row| Some(if row == 59 { "exported" } else { "viewed" }.to_owned())),
            "view" => text(&|_| Some("patient".to_owned())),
            "patient_id" => text(&|row| Some(format!("p-{}", row % 2 + 1))),
            "kafka_cluster" => Arc::new(StringArray::from(vec!["c1"; count])),
            "kafka_partition" => Arc::new(Int32Array::from(vec![0; count])),
            "kafka_offset" => Arc::new(Int64Array::from_iter_values(0..count as i64)),
            REJECTED => Arc::new(BooleanArray::from_iter((0..count).map(|row| Some(row == 60)))),
            other => new_null_array(schema.field_with_name(other).unwrap().data_type(), count),
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_activity_of_a_period_comes_from_the_table() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let list = async |query: &str| {
        let to = START + 60_000;
        let list =
            dashboard.json(&format!("/api/activity?from_ms={START}&to_ms={to}{query}")).await;
        assert_eq!((&list["source"], &list["complete"]), (&json!("lake"), &json!(true)), "{list}");
        list["events"].as_array().unwrap().clone()
    };
    assert!(list("").await.is_empty(), "before the table exists");

    let url = dashboard.lake.path().display().to_string();
    let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
    let table = lake.open_or_create(&ACTIVITY).await.unwrap();
    table.write(vec![minute()]).with_save_mode(SaveMode::Append).await.unwrap();

    wait_until("the table is found", async || !list("").await.is_empty()).await;
    let all = list("").await;
    assert_eq!(all.len(), 60);
    let times: Vec<_> = all.iter().map(|event| event["time_ms"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a > b), "newest first: {times:?}");
    insta::assert_json_snapshot!("newest_of_the_lake", &all[..2]);
    for (query, count) in [
        ("&patient_id=p-2", 30),
        ("&user=ada", 30),
        ("&user=unknown", 30),
        ("&user=unknown&patient_id=p-1", 0),
        ("&action=exported", 1),
        ("&action=", 60),
        ("&user=Ada", 0),
    ] {
        assert_eq!(list(query).await.len(), count, "{query}");
    }
    let response = dashboard.get("/metrics").await.text().await.unwrap();
    assert!(response.contains("vitals_dashboard_activity_seconds"), "{response}");
    dashboard.stop().await;
}
