use futures::{Stream, StreamExt as _};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vitals_core::domain::decode::{TimeLimits, decode};

use super::*;
use crate::ward::MAX_PATIENTS;

const LONG: Duration = Duration::from_secs(60);

fn live() -> Arc<Live> {
    let readiness = Readiness::waiting_for(&[KAFKA]);
    readiness.met(KAFKA);
    Arc::new(Live::new(Ward::new(1_000, MAX_PATIENTS), readiness, LONG))
}

/// A reading of `id` with this heart rate at this time.
fn read(live: &Live, id: &str, heart_rate: f64, time_ms: i64) {
    let message = serde_json::json!({
        "patient_id": id, "timestamp": 1_763_812_800_000_i64 + time_ms, "heart_rate": heart_rate,
    });
    let message = message.to_string();
    let limits = TimeLimits::default();
    live.apply(&decode(message.as_bytes(), i64::MAX / 2, limits).unwrap(), time_ms);
}

struct Reader<S>(S, String);

fn watch(live: &Arc<Live>, patient: Option<&str>) -> Reader<impl Stream<Item = String> + Unpin> {
    watch_until(live, patient, CancellationToken::new())
}

fn watch_until(
    live: &Arc<Live>,
    patient: Option<&str>,
    shutdown: CancellationToken,
) -> Reader<impl Stream<Item = String> + Unpin> {
    watch_with(live, patient, LONG, shutdown)
}

fn watch_with(
    live: &Arc<Live>,
    patient: Option<&str>,
    heartbeat: Duration,
    shutdown: CancellationToken,
) -> Reader<impl Stream<Item = String> + Unpin> {
    let patient = patient.map(ToOwned::to_owned);
    let browser = Browser::join(Arc::clone(live), patient, heartbeat, shutdown).unwrap();
    let text = |bytes: Result<Bytes, _>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    Reader(Box::pin(browser.into_stream().map(text)), String::new())
}

impl<S: Stream<Item = String> + Unpin> Reader<S> {
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

    /// The next event that is no heartbeat: its name, and everybody's heart rate.
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
async fn a_stream_is_a_snapshot_then_what_changes() {
    let live = live();
    read(&live, "a", 70.0, 0);
    read(&live, "b", 80.0, 0);
    let mut browser = watch(&live, None);
    assert_eq!(browser.rates().await, event("snapshot", &[("a", 70.0), ("b", 80.0)]));
    live.tell(0).unwrap();
    assert_eq!(browser.rates().await, event("update", &[("a", 70.0), ("b", 80.0)]));
    read(&live, "b", 81.0, 1);
    live.tell(1).unwrap();
    assert!(!live.tell(2).unwrap(), "nothing changed");
    assert_eq!(browser.rates().await, event("update", &[("b", 81.0)]));
}

#[tokio::test]
async fn a_stream_of_one_patient_has_only_that_patient() {
    let live = live();
    read(&live, "a", 70.0, 0);
    let mut browser = watch(&live, Some("b"));
    assert_eq!(browser.rates().await, event("snapshot", &[]));
    live.tell(0).unwrap();
    read(&live, "a", 71.0, 1);
    read(&live, "b", 80.0, 1);
    live.tell(1).unwrap();
    assert_eq!(browser.rates().await, event("update", &[("b", 80.0)]));
}

#[tokio::test]
async fn a_slow_browser_goes_on_with_a_snapshot_and_is_told_what_it_missed() {
    let live = live();
    let mut browser = watch(&live, None);
    assert_eq!(browser.rates().await, event("snapshot", &[]));
    for beat in 0..20_i32 {
        read(&live, "a", 70.0 + f64::from(beat), i64::from(beat));
        live.tell(i64::from(beat)).unwrap();
    }
    assert_eq!(browser.rates().await, event("snapshot", &[("a", 89.0)]));
    let (name, data) = browser.next().await.unwrap();
    assert_eq!((name.as_str(), data["skipped"].as_u64()), ("heartbeat", Some(12)));
    read(&live, "a", 60.0, 20);
    live.tell(20).unwrap();
    assert_eq!(browser.rates().await, event("update", &[("a", 60.0)]), "nothing old comes");
}

#[tokio::test]
async fn who_left_is_gone_with_the_next_snapshot() {
    let live = live();
    read(&live, "a", 70.0, 0);
    read(&live, "b", 80.0, 900);
    let mut browser = watch(&live, None);
    browser.rates().await;
    live.tell(1_500).unwrap();
    assert_eq!(browser.rates().await, event("snapshot", &[("b", 80.0)]));
}

#[tokio::test]
async fn a_stream_ends_on_shutdown() {
    let live = live();
    let shutdown = CancellationToken::new();
    let mut browser = watch_until(&live, None, shutdown.clone());
    browser.rates().await;
    browser.next().await.unwrap();
    shutdown.cancel();
    assert_eq!(browser.next().await, None);
}

#[tokio::test]
async fn heartbeats_come_at_once_and_then_regularly_and_say_whether_kafka_is_there() {
    let live = live();
    let every = Duration::from_millis(100);
    let started = Instant::now();
    let mut browser = watch_with(&live, None, every, CancellationToken::new());
    browser.next().await.unwrap();
    let first = browser.next().await.unwrap();
    assert_eq!((first.0.as_str(), first.1["connected"].as_bool()), ("heartbeat", Some(true)));
    live.readiness.missing(KAFKA, "gone");
    let second = browser.next().await.unwrap();
    assert_eq!((second.0.as_str(), second.1["connected"].as_bool()), ("heartbeat", Some(false)));
    browser.next().await.unwrap();
    assert!(started.elapsed() >= every * 2);
}

/// Publishes every `tick` while readings come for `time`; how many frames there were by then,
/// and when the first was told.
async fn tell_for(tick: Duration, time: Duration) -> (u128, Duration) {
    let live = live();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(publish(Arc::clone(&live), tick, shutdown.clone()));
    let mut frames = live.frames.subscribe();
    let (started, mut told, mut first) = (Instant::now(), 0, None);
    while started.elapsed() < time {
        read(&live, "a", 70.0, 0);
        tokio::time::sleep(Duration::from_millis(5)).await;
        while frames.try_recv().is_ok() {
            first.get_or_insert(started.elapsed());
            told += 1;
        }
    }
    shutdown.cancel();
    task.await.unwrap().unwrap();
    (told, first.unwrap())
}

#[tokio::test]
async fn a_reading_is_told_long_before_the_tick_is_over() {
    let (told, first) = tell_for(LONG, Duration::from_secs(1)).await;
    assert!(told == 1 && first < Duration::from_secs(1), "{told}, {first:?}");
}

#[tokio::test]
async fn frames_keep_their_distance() {
    let (tick, started) = (Duration::from_millis(100), Instant::now());
    let (told, _) = tell_for(tick, Duration::from_millis(500)).await;
    let most = started.elapsed().as_millis() / tick.as_millis() + 1;
    assert!((2..=most).contains(&told), "{told} of {most}");
}

#[test]
fn a_snapshot_is_written_once_for_many_until_something_changes() {
    let live = live();
    read(&live, "a", 70.0, 0);
    let first = live.snapshot(0).unwrap();
    assert_eq!(first.as_ptr(), live.snapshot(1).unwrap().as_ptr());
    live.tell(2).unwrap();
    assert_ne!(first.as_ptr(), live.snapshot(3).unwrap().as_ptr());
}
