//! The watch with several partitions and instances: partitions that can't be read, and a coordinator
//! that responds late.

use std::time::{Duration, Instant};

use rdkafka::mocking::MockCoordinator;
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::{
    running_consumer::RunningConsumer,
    watch_world::{GROUP, WatchWorld},
    world::TOPIC,
};

/// Starts two instances, each with one of the two partitions. The first has partition 0.
pub(crate) async fn start_two(ward: &WatchWorld) -> (RunningConsumer, RunningConsumer) {
    let first = ward.start().await;
    first.wait_for_watch("partitions", |watch| partitions(watch).len() == 2).await;
    join(ward, first).await
}

/// Starts a second instance beside `first`, as [`start_two`] does. Both have read every state that is
/// on `patient-status` when the call begins.
pub(crate) async fn join(
    ward: &WatchWorld,
    first: RunningConsumer,
) -> (RunningConsumer, RunningConsumer) {
    let second = ward.start().await;
    let one = |watch: &Value| partitions(watch).len() == 1 && watch["missing"].is_null();
    let of_first = first.wait_for_watch("its share", one).await;
    second.wait_for_watch("its share", one).await;
    if partitions(&of_first) == [0] { (first, second) } else { (second, first) }
}

pub(crate) fn partitions(watch: &Value) -> Vec<i64> {
    let partitions = watch["partitions"].as_array().unwrap();
    partitions.iter().map(|partition| partition["partition"].as_i64().unwrap()).collect()
}

/// Waits for an alarm of partition 0 while partition 1 is being restored, and for one of partition 1
/// after its `repair`.
async fn expect_no_delay(ward: &WatchWorld, instance: &RunningConsumer, repair: impl FnOnce()) {
    let restoring = |watch: &Value| watch["restoring"] == serde_json::json!([1]);
    instance.wait_for_watch("partition to restore", restoring).await;
    let alert = ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    assert_eq!(alert["patient_id"], "p-0");
    repair();
    ward.wait_for_alert("alarm of the other partition", |alert| {
        alert["rule"] == "limit.spo2.low" && alert["patient_id"] == "p-1"
    })
    .await;
    ward.wait_committed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_can_not_be_restored_delays_no_other() {
    let mut ward = WatchWorld::with_two_brokers(2);
    ward.set_leader("patient-status", 0..2, 2);
    ward.world.settings.kafka.request_timeout_ms = 2_000;
    ward.world.settings.consumer.retry.max_backoff_ms = 500;
    let (first, second) = start_two(&ward).await;
    ward.world.broker.broker_down(2).unwrap();
    second.stop().await.unwrap();
    ward.send_steps("p-0", 0, 0..30, true);
    ward.send_steps("p-1", 1, 0..30, true);
    first.wait_for_ready(503, "partitions [0] of patient-status do not respond").await;
    expect_no_delay(&ward, &first, || ward.world.broker.broker_up(2).unwrap()).await;
    first.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_without_a_leader_delays_no_other() {
    let mut ward = WatchWorld::new(Roles::Watch, 2);
    // Longer than the test waits.
    ward.world.settings.kafka.request_timeout_ms = 300_000;
    ward.world.settings.consumer.retry.max_backoff_ms = 500;
    ward.send_steps("p-0", 0, 0..30, true);
    ward.send_steps("p-1", 1, 0..30, true);
    let broker = &ward.world.broker;
    broker.partition_leader(TOPIC, 1, None).unwrap();
    let consumer = ward.start().await;
    expect_no_delay(&ward, &consumer, || broker.partition_leader(TOPIC, 1, Some(1)).unwrap()).await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_that_responds_late_delays_no_reading() {
    const DELAY: Duration = Duration::from_secs(10);
    let mut ward = WatchWorld::with_two_brokers(1);
    ward.world.settings.consumer.session_timeout_ms = 60_000;
    let broker = &ward.world.broker;
    broker.coordinator(MockCoordinator::Group(GROUP.to_owned()), 2).unwrap();
    let consumer = ward.start().await;
    ward.send_steps("p", 0, 0..10, false);
    ward.wait_committed().await;

    broker.broker_round_trip_time(2, DELAY).unwrap();
    let delayed = Instant::now();
    ward.send_steps("p", 0, 10..20, false);
    let judged =
        |end: i64| move |watch: &Value| watch["partitions"][0]["position"].as_i64() == Some(end);
    consumer.wait_for_watch("readings", judged(20)).await;
    // The commit of these readings is under way after a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    ward.send_steps("p", 0, 20..30, false);
    let watch = consumer.wait_for_watch("readings", judged(30)).await;
    assert!(delayed.elapsed() < DELAY, "{:?}", delayed.elapsed());
    assert_eq!(watch["partitions"][0]["committed"], 10);

    broker.broker_round_trip_time(2, Duration::ZERO).unwrap();
    ward.wait_committed().await;
    consumer.stop().await.unwrap();
}
