//! The extent of the archive in the responses from the lake.

use serde_json::{Value, json};
use vitals_core::runtime::{
    clock::now_ms,
    config::{LakeSettings, Settings},
};
use vitals_lake::{
    append::commit,
    position::KafkaSource,
    schema::{ACTIVITY, ALERTS, Table, VITALS},
    table::Lake,
};

use crate::support::{Broker, Dashboard, Producer, broker, wait_until};

const PARTITIONS: i32 = 3;

/// A dashboard with all topics, whose archive is normally 300 ms behind at most.
async fn start(broker: &Broker) -> Dashboard {
    for topic in ["alerts", "audit"] {
        broker.create_topic(topic, PARTITIONS, 1).unwrap();
    }
    let change = |settings: &mut Settings| {
        settings.dashboard.activity.enabled = true;
        settings.consumer.rotation.max_age_ms = 100;
    };
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), change).await;
    dashboard.wait_ready().await;
    dashboard
}

/// Moves the positions of `table` as the archive does: it has every message before `next`.
async fn archive(dashboard: &Dashboard, table: &'static Table, topic: &str, next: i64) {
    let url = dashboard.lake.path().display().to_string();
    let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
    let mut opened = lake.open_or_create(table).await.unwrap();
    let source = KafkaSource { cluster: "c1".to_owned(), topic: topic.to_owned() };
    let positions = (0..PARTITIONS).flat_map(|partition| source.begin(partition, 1, next));
    commit(&mut opened, "test", Vec::new(), positions.collect()).await.unwrap();
}

async fn archived_up_to(dashboard: &Dashboard, path: &str) -> Value {
    let (from_ms, to_ms) = (now_ms() - 3_600_000, now_ms() + 3_600_000);
    let mut found = dashboard.json(&format!("{path}from_ms={from_ms}&to_ms={to_ms}")).await;
    found["archived_up_to"].take()
}

/// Follows the archive of `topic` by the responses of `path`, while `send` sends a message to it.
async fn check(
    dashboard: &Dashboard,
    (table, topic): (&'static Table, &str),
    path: &str,
    send: impl Fn(),
) {
    let up_to = async || archived_up_to(dashboard, path).await;
    let nothing = json!({"time_ms": null, "complete": false});
    assert_eq!(up_to().await, nothing, "{path}: there is no table");

    archive(dashboard, table, topic, 1_000).await;
    let is_complete = async || up_to().await["complete"] == true;
    wait_until("all that arrived is archived", is_complete).await;
    // Of a silent topic, however long ago the last message arrived.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let now = now_ms();
    let found = up_to().await;
    assert!(found["complete"] == true && found["time_ms"].as_i64() >= Some(now), "{path}: {found}");

    // The archive has stopped.
    archive(dashboard, table, topic, 0).await;
    let before_ms = now_ms();
    send();
    wait_until("a message is missing", async || up_to().await["complete"] == false).await;
    let found = up_to().await;
    let time_ms = found["time_ms"].as_i64().unwrap();
    if topic != "audit" {
        // The accesses of this test are events of the activity, too.
        assert!(time_ms >= before_ms, "{path}: {found}");
    }
    assert_eq!(up_to().await, found, "{path}: it stands still");

    archive(dashboard, table, topic, 1_000).await;
    wait_until("the archive has caught up", is_complete).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_from_the_lake_has_the_time_up_to_which_it_is_archived() {
    let broker = broker();
    let dashboard = start(&broker).await;
    let producer = Producer::new(&broker);
    let send = |topic: &str| {
        producer.send_to(topic, "p-1", Some("{}"));
        producer.flush();
    };
    let alerts = (&ALERTS, "alerts");
    check(&dashboard, alerts, "/api/alarms?patient_id=p-1&", || send("alerts")).await;
    check(&dashboard, (&ACTIVITY, "audit"), "/api/activity?", || send("audit")).await;
    check(&dashboard, (&VITALS, "vitals"), "/api/history?patient_id=p-1&", || send("vitals")).await;

    // Statistics and the history in the path read the same table.
    archive(&dashboard, &VITALS, "vitals", 0).await;
    for path in ["/api/statistics?", "/api/patients/p-1/history?"] {
        let is_incomplete = async || archived_up_to(&dashboard, path).await["complete"] == false;
        wait_until("a message is missing", is_incomplete).await;
    }
    for path in ["/api/statistics/live", "/api/activity/live"] {
        assert_eq!(dashboard.json(path).await["archived_up_to"], Value::Null, "{path}");
    }
    dashboard.stop().await;
}

/// It ended before the period, or begins again.
#[tokio::test(flavor = "multi_thread")]
async fn a_period_before_the_end_of_the_archive_is_complete() {
    let broker = broker();
    let dashboard = start(&broker).await;
    archive(&dashboard, &VITALS, "vitals", 0).await;
    let sent_ms = now_ms();
    let producer = Producer::new(&broker);
    producer.send("p-1", "{}");
    producer.flush();
    let complete = async |to_ms: i64| {
        let path = format!("/api/history?patient_id=p-1&from_ms=1&to_ms={to_ms}");
        dashboard.json(&path).await["archived_up_to"]["complete"] == true
    };
    let later_ms = sent_ms + 3_600_000;
    wait_until("a message is missing", async || !complete(later_ms).await).await;
    assert!(complete(sent_ms).await);
    dashboard.stop().await;
}
