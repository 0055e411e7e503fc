//! The watch beside a failing archive and failing brokers.

use std::time::{Duration, Instant};

use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::watch_world::{COURSE, WatchWorld};

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_raised_while_the_lake_is_away() {
    let ward = WatchWorld::new(Roles::All, 2);
    ward.world.break_lake();
    let consumer = ward.start().await;
    consumer.wait_for_ready(503, "lake").await;
    ward.send_course(0, COURSE);
    ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    ward.wait_committed().await;
    let (_, reasons) = consumer.get("/ready").await;
    assert!(!reasons.contains("watch"), "{reasons}");
    let (_, metrics) = consumer.get("/metrics").await;
    assert!(metrics.contains("vitals_watch_alert_seconds"), "{metrics}");
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_can_not_start_costs_no_alarm() {
    let mut ward = WatchWorld::new(Roles::All, 1);
    let file = ward.world.dir.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    ward.world.settings.consumer.spool.folder = file.join("spool").display().to_string();
    let consumer = ward.start().await;
    ward.send_course(0, 60);
    ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    consumer.wait_for_ready(503, "archive").await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_partition_of_the_alerts_is_a_reason_in_ready() {
    let ward = WatchWorld::with_two_brokers(1);
    ward.set_leader("alerts", 0..2, 2);
    let consumer = ward.start().await;
    // The watch has its state, and no alarm yet.
    ward.send_course(0, 20);
    ward.wait_committed().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.world.broker.broker_down(2).unwrap();
    ward.send_course(20, 60);
    consumer.wait_for_ready(503, "alerts are not delivered").await;
    ward.world.broker.broker_up(2).unwrap();
    ward.wait_committed().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_partition_of_the_states_is_a_reason_in_ready() {
    let ward = WatchWorld::with_two_brokers(1);
    ward.set_leader("patient-status", 0..2, 2);
    let consumer = ward.start().await;
    ward.send_course(0, 20);
    ward.wait_committed().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.world.broker.broker_down(2).unwrap();
    ward.send_course(20, 60);
    consumer.wait_for_ready(503, "states are not delivered").await;
    // Alarms wait for no state.
    ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    ward.world.broker.broker_up(2).unwrap();
    ward.wait_committed().await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
}

/// As with a broker whose process is stopped: its connections stay open.
#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_do_not_respond_are_a_reason_of_archive_and_watch() {
    let ward = WatchWorld::new(Roles::All, 1);
    let consumer = ward.start().await;
    ward.send_course(0, 20);
    ward.wait_committed().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.world.broker.broker_round_trip_time(-1, Duration::from_secs(20)).unwrap();
    let stopped = Instant::now();
    consumer.wait_for_ready(503, "kafka: the brokers do not respond; the last response came").await;
    // The watch may have failed at a request of its own before.
    consumer.wait_for_ready(503, "watch: ").await;
    assert!(stopped.elapsed() < Duration::from_secs(15), "{:?}", stopped.elapsed());
    ward.world.broker.broker_round_trip_time(-1, Duration::ZERO).unwrap();
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_has_lag_patients_and_alarms() {
    let ward = WatchWorld::new(Roles::Watch, 2);
    let consumer = ward.start().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.send_course(0, 50);
    ward.wait_committed().await;
    let committed = |watch: &Value| {
        watch["patients"] == 6 && watch["partitions"][0]["committed"].as_i64() == Some(150)
    };
    let status = consumer.wait_for_watch("patients and commits", committed).await;
    assert_eq!(status["missing"], Value::Null);
    assert_eq!(status["partitions"][0]["position"], 150);
    consumer.wait_for_watch("alarms", |watch| watch["active_alarms"].as_u64() > Some(0)).await;
    consumer.stop().await.unwrap();
    let states = ward.states();
    assert_eq!(states.len(), 6);
    assert_eq!(states["p-0"]["vitals"]["spo2"]["value"], 84.0, "{states:#?}");
    let alarms = states["p-0"]["alarms"].as_array().unwrap();
    assert!(alarms.iter().any(|alarm| alarm["rule"] == "limit.spo2.low"), "{alarms:#?}");
}
