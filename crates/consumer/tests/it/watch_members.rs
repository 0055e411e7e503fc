//! The watch with several partitions and instances: patients who move, partitions that can't be read.

use std::time::{Duration, Instant};

use consumer::watch::commands::{AckArgs, WatchCommand};
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::{
    running_consumer::RunningConsumer,
    watch::act,
    watch_ownership::{alarm_ids, wait_for_states},
    watch_world::WatchWorld,
    world::{TEST_TIMEOUT, TOPIC},
};

/// Starts two instances, each with one of the two partitions. The first has partition 0.
async fn start_two(ward: &WatchWorld) -> (RunningConsumer, RunningConsumer) {
    let first = ward.start().await;
    first.wait_for_watch("partitions", |watch| partitions(watch).len() == 2).await;
    let second = ward.start().await;
    let one = |watch: &Value| partitions(watch).len() == 1 && watch["missing"].is_null();
    let of_first = first.wait_for_watch("its share", one).await;
    second.wait_for_watch("its share", one).await;
    if partitions(&of_first) == [0] { (first, second) } else { (second, first) }
}

fn partitions(watch: &Value) -> Vec<i64> {
    let partitions = watch["partitions"].as_array().unwrap();
    partitions.iter().map(|partition| partition["partition"].as_i64().unwrap()).collect()
}

/// Waits until one of the instances watches one patient, in `partition`, and no other watches any.
async fn wait_for_one_watch(running: &[RunningConsumer], partition: i64) {
    let deadline = Instant::now() + TEST_TIMEOUT;
    loop {
        let mut watches = Vec::new();
        for instance in running {
            watches.push(instance.watch().await);
        }
        // A rebalance may exchange the partitions of the instances at any time.
        let with_patients: Vec<_> =
            watches.iter().filter(|watch| watch["patients"].as_u64() != Some(0)).collect();
        if let [watch] = with_patients[..]
            && watch["patients"].as_u64() == Some(1)
            && partitions(watch).contains(&partition)
        {
            return;
        }
        assert!(Instant::now() < deadline, "not one watch: {watches:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_who_moves_to_another_partition_is_watched_once() {
    for instances in [1, 2] {
        let ward = WatchWorld::new(Roles::Watch, 2);
        let running = match instances {
            1 => vec![ward.start().await],
            _ => Vec::from(<[_; 2]>::from(start_two(&ward).await)),
        };
        ward.send_steps("p", 0, 0..40, true);
        let alarm = ward.wait_for_alarm("p", |alarm| alarm["rule"] == "limit.spo2.low").await;
        let id = alarm["id"].as_str().unwrap().to_owned();
        act(&ward, WatchCommand::Ack(AckArgs { id: id.clone(), by: "Nurse N".to_owned() })).await;
        ward.wait_for_alarm("p", |alarm| alarm["acknowledged"]["by"] == "Nurse N").await;
        wait_for_one_watch(&running, 0).await;

        ward.send_steps("p", 1, 40..80, true);
        wait_for_states(&ward, "state in partition 1", |_, state| state["partition"] == 1).await;
        ward.wait_committed().await;
        let known =
            |alarm: &Value| alarm["id"] == id.as_str() && alarm["acknowledged"]["by"] == "Nurse N";
        ward.wait_for_alarm("p", known).await;
        wait_for_one_watch(&running, 1).await;

        ward.send_steps("p", 1, 80..140, false);
        ward.wait_committed().await;
        for instance in running {
            instance.stop().await.unwrap();
        }
        assert!(!alarm_ids(&ward.states()["p"]).contains(&id));
        let ids = ward.alert_ids();
        for kind in ["raised", "acknowledged", "cleared"] {
            let of_kind = format!("/{kind}/");
            let found =
                ids.iter().filter(|id| id.contains("/limit.spo2.low/") && id.contains(&of_kind));
            assert_eq!(found.count(), 1, "{kind}: {ids:#?}");
        }
    }
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
