use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::decode::{DecodeOptions, decode},
    runtime::{kafka::READINESS_CONDITION, readiness::Readiness},
};

use super::*;
use crate::{
    ward::{MAX_PATIENTS, Ward},
    wire::LiveSettings,
};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(60);

const SETTINGS: LiveSettings =
    LiveSettings { heartbeat_ms: 60_000, trend_points: 120, patient_silent_after_ms: 15_000 };

fn hub() -> Arc<Hub> {
    hub_with(SETTINGS).0
}

/// A hub that is connected to Kafka, with the readiness behind it.
fn hub_with(settings: LiveSettings) -> (Arc<Hub>, Readiness) {
    let readiness = Readiness::waiting_for(&[READINESS_CONDITION]);
    readiness.met(READINESS_CONDITION);
    let ward = Ward::new(1_000, MAX_PATIENTS);
    (Arc::new(Hub::new(ward, readiness.clone(), settings, LONG)), readiness)
}

/// Applies a heart rate of patient `id`.
fn read(hub: &Hub, id: &str, heart_rate: f64, time_ms: i64) {
    let message = serde_json::json!({
        "patient_id": id, "timestamp": 1_763_812_800_000_i64 + time_ms, "heart_rate": heart_rate,
    });
    let message = message.to_string();
    let options = DecodeOptions::default();
    let decoded = decode(message.as_bytes(), None, &options).unwrap();
    hub.apply(&decoded, time_ms, time_ms);
}

/// Parses the events of a subscriber; holds the text that is not parsed yet.
struct EventReader<S>(S, String);

fn subscribe(
    hub: &Arc<Hub>,
    patient: Option<&str>,
) -> EventReader<impl Stream<Item = String> + Unpin> {
    subscribe_until(hub, patient, CancellationToken::new())
}

fn subscribe_until(
    hub: &Arc<Hub>,
    patient: Option<&str>,
    shutdown: CancellationToken,
) -> EventReader<impl Stream<Item = String> + Unpin> {
    let patient = patient.map(ToOwned::to_owned);
    let subscriber = Subscriber::new(Arc::clone(hub), patient, shutdown).unwrap();
    let text = |bytes: Result<Bytes, _>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    EventReader(Box::pin(subscriber.into_stream().map(text)), String::new())
}

impl<S: Stream<Item = String> + Unpin> EventReader<S> {
    /// The next event: its name and data.
    async fn next(&mut self) -> Option<(String, serde_json::Value)> {
        loop {
            if let Some((event, rest)) = self.1.clone().split_once("\n\n") {
                rest.clone_into(&mut self.1);
                let field = |name: &str| {
                    event.lines().find_map(|line| Some(line.strip_prefix(name)?.to_owned()))
                };
                if let (Some(name), Some(data)) = (field("event: "), field("data: ")) {
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
                continue;
            }
            self.1 += &timeout(Duration::from_secs(5), self.0.next()).await.unwrap()?;
        }
    }

    /// The next event other than a heartbeat: its name, and each patient's heart rate.
    async fn rates(&mut self) -> (String, Vec<(String, f64)>) {
        loop {
            let (name, data) = self.next().await.unwrap();
            if name == "heartbeat" {
                continue;
            }
            let patients = data["patients"].as_array().unwrap().iter();
            let rates = patients.map(|patient| {
                let id = patient["patient_id"].as_str().unwrap().to_owned();
                (id, patient["vitals"]["heart_rate"]["value"].as_f64().unwrap())
            });
            return (name, rates.collect());
        }
    }
}

fn event(name: &str, rates: &[(&str, f64)]) -> (String, Vec<(String, f64)>) {
    (name.to_owned(), rates.iter().map(|(id, rate)| ((*id).to_owned(), *rate)).collect())
}

#[tokio::test]
async fn a_stream_is_a_snapshot_then_updates() {
    let hub = hub();
    read(&hub, "a", 70.0, 0);
    read(&hub, "b", 80.0, 0);
    let mut browser = subscribe(&hub, None);
    assert_eq!(browser.rates().await, event("snapshot", &[("a", 70.0), ("b", 80.0)]));
    hub.publish(0).unwrap();
    assert_eq!(browser.rates().await, event("update", &[("a", 70.0), ("b", 80.0)]));
    read(&hub, "b", 81.0, 1);
    hub.publish(1).unwrap();
    assert!(!hub.publish(2).unwrap(), "nothing changed");
    assert_eq!(browser.rates().await, event("update", &[("b", 81.0)]));
}

#[tokio::test]
async fn a_stream_of_one_patient_contains_only_that_patient() {
    let hub = hub();
    read(&hub, "a", 70.0, 0);
    let mut browser = subscribe(&hub, Some("b"));
    assert_eq!(browser.rates().await, event("snapshot", &[]));
    hub.publish(0).unwrap();
    read(&hub, "a", 71.0, 1);
    read(&hub, "b", 80.0, 1);
    hub.publish(1).unwrap();
    assert_eq!(browser.rates().await, event("update", &[("b", 80.0)]));
}

#[tokio::test]
async fn a_slow_browser_resumes_with_a_snapshot_and_the_number_of_skipped_frames() {
    let hub = hub();
    let mut browser = subscribe(&hub, None);
    assert_eq!(browser.rates().await, event("snapshot", &[]));
    for beat in 0..20_i32 {
        read(&hub, "a", 70.0 + f64::from(beat), i64::from(beat));
        hub.publish(i64::from(beat)).unwrap();
    }
    assert_eq!(browser.rates().await, event("snapshot", &[("a", 89.0)]));
    let (name, data) = browser.next().await.unwrap();
    assert_eq!((name.as_str(), data["skipped"].as_u64()), ("heartbeat", Some(12)));
    read(&hub, "a", 60.0, 20);
    hub.publish(20).unwrap();
    assert_eq!(browser.rates().await, event("update", &[("a", 60.0)]), "no older frame follows");
}

#[tokio::test]
async fn a_removed_patient_is_absent_from_the_next_snapshot() {
    let hub = hub();
    read(&hub, "a", 70.0, 0);
    read(&hub, "b", 80.0, 900);
    let mut browser = subscribe(&hub, None);
    browser.rates().await;
    hub.publish(1_500).unwrap();
    assert_eq!(browser.rates().await, event("snapshot", &[("b", 80.0)]));
}

#[tokio::test]
async fn a_stream_ends_on_shutdown() {
    let hub = hub();
    let shutdown = CancellationToken::new();
    let mut browser = subscribe_until(&hub, None, shutdown.clone());
    browser.rates().await;
    browser.next().await.unwrap();
    shutdown.cancel();
    assert_eq!(browser.next().await, None);
}

#[tokio::test]
async fn heartbeats_start_at_once_and_report_the_kafka_connection() {
    let interval = Duration::from_millis(100);
    let (hub, readiness) = hub_with(LiveSettings { heartbeat_ms: 100, ..SETTINGS });
    let started = Instant::now();
    let mut browser = subscribe(&hub, None);
    browser.next().await.unwrap();
    let first = browser.next().await.unwrap();
    assert_eq!((first.0.as_str(), first.1["connected"].as_bool()), ("heartbeat", Some(true)));
    readiness.missing(READINESS_CONDITION, "gone");
    let second = browser.next().await.unwrap();
    assert_eq!((second.0.as_str(), second.1["connected"].as_bool()), ("heartbeat", Some(false)));
    browser.next().await.unwrap();
    assert!(started.elapsed() >= interval * 2);
}

#[tokio::test]
async fn heartbeats_carry_the_newest_arrival_of_the_whole_ward_and_the_end_of_the_restoration() {
    let (hub, _readiness) = hub_with(LiveSettings { heartbeat_ms: 20, ..SETTINGS });
    read(&hub, "a", 70.0, 0);
    read(&hub, "b", 70.0, 500);
    let mut browser = subscribe(&hub, Some("a"));
    browser.next().await.unwrap();
    let (_, first) = browser.next().await.unwrap();
    assert_eq!(
        (first["newest_arrival_ms"].as_i64(), first["restoring"].as_bool()),
        (Some(500), Some(true))
    );
    hub.set_restored();
    let (_, second) = browser.next().await.unwrap();
    assert_eq!(second["restoring"].as_bool(), Some(false));
}

#[tokio::test]
async fn a_snapshot_carries_the_clock_and_the_settings() {
    let hub = hub();
    read(&hub, "a", 70.0, 0);
    let (name, snapshot) = subscribe(&hub, Some("a")).next().await.unwrap();
    assert_eq!(name, "snapshot");
    assert!(snapshot["server_time_ms"].as_i64().unwrap() > 0);
    assert_eq!(snapshot["newest_arrival_ms"], snapshot["patients"][0]["last_arrival_ms"]);
    assert_eq!(snapshot["settings"], serde_json::to_value(SETTINGS).unwrap());
}

/// Runs the ticker while readings arrive for `time`. Returns the number of frames and the time
/// until the first.
async fn tick_for(tick: Duration, time: Duration) -> (u128, Duration) {
    let hub = hub();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(run_ticker(Arc::clone(&hub), tick, shutdown.clone()));
    let mut frames = hub.frames.subscribe();
    let started = Instant::now();
    let mut count = 0;
    let mut first = None;
    while started.elapsed() < time {
        read(&hub, "a", 70.0, 0);
        tokio::time::sleep(Duration::from_millis(5)).await;
        while frames.try_recv().is_ok() {
            first.get_or_insert(started.elapsed());
            count += 1;
        }
    }
    shutdown.cancel();
    task.await.unwrap().unwrap();
    (count, first.unwrap())
}

#[tokio::test]
async fn the_first_frame_does_not_wait_for_the_tick() {
    let (frames, first) = tick_for(LONG, Duration::from_secs(1)).await;
    assert!(frames == 1 && first < Duration::from_secs(1), "{frames}, {first:?}");
}

#[tokio::test]
async fn frames_are_at_least_a_tick_apart() {
    let tick = Duration::from_millis(100);
    let started = Instant::now();
    let (frames, _) = tick_for(tick, Duration::from_millis(500)).await;
    let max = started.elapsed().as_millis() / tick.as_millis() + 1;
    assert!((2..=max).contains(&frames), "{frames} of at most {max}");
}

#[test]
fn a_snapshot_is_serialized_once_until_a_frame_is_published() {
    let hub = hub();
    read(&hub, "a", 70.0, 0);
    let first = hub.snapshot(0).unwrap();
    assert_eq!(first.as_ptr(), hub.snapshot(1).unwrap().as_ptr());
    hub.publish(2).unwrap();
    assert_ne!(first.as_ptr(), hub.snapshot(3).unwrap().as_ptr());
}
