//! Logs of Kafka that differ from the archived one: recreated, of another cluster, or truncated
//! by retention.

use consumer::{
    accept_log::{self, Partitions},
    audit::audit,
    feed::Feed,
};
use vitals_core::domain::log_id::LogId;
use vitals_lake::position::{LastMessage, Positions, TopicLog};

use crate::{
    archive::{commit_actions, move_position},
    world::{TOPIC, World},
};

/// A world in which ten readings of every partition are archived, and their log. No consumer runs.
async fn archived(partitions: i32) -> (World, TopicLog) {
    let mut world = World::new(partitions);
    world.settings.consumer.retry.max_backoff_ms = 500;
    for partition in 0..partitions {
        world.send_readings(partition, 0, 10);
    }
    let first = world.start().await;
    world.wait_for_rows(10 * usize::try_from(partitions).unwrap()).await;
    first.stop().await.unwrap();
    let log = TopicLog { id: LogId::new(&world.cluster_id(), 1), topic: TOPIC.to_owned() };
    (world, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recreated_log_stops_its_partition_until_it_is_accepted() {
    let (world, log) = archived(2).await;
    // The table's state after a topic with 1000 messages was archived and recreated.
    move_position(&world, &log, Positions::from([(0, 1000)])).await;
    let second = world.start().await;
    second.wait_for_ready(503, "partitions: stopped: [0]").await;
    world.send_readings(1, 10, 20);
    world.wait_for_rows(30).await;
    let status = second.status().await;
    let reason = status["partitions"][0]["reason"].as_str().unwrap();
    for part in ["offset 1000", "ends at 10", "accept-log --table vitals --partition 0"] {
        assert!(reason.contains(part), "{reason}");
    }
    accept_log::run(&world.settings, Feed::Vitals, Partitions::One(1))
        .await
        .expect_err("the partition is not stopped");
    accept_log::run(&world.settings, Feed::Vitals, Partitions::One(0)).await.unwrap();
    world.wait_for_rows(40).await;
    second.wait_for_ready(200, "ready").await;
    world.send_readings(0, 10, 15);
    world.wait_for_rows(45).await;
    second.stop().await.unwrap();
    let logs = "select kafka_cluster || ' ' || n from (select kafka_cluster, count(*) as n \
                from vitals where kafka_partition = 0 group by kafka_cluster) order by 1";
    let cluster = &log.id;
    assert_eq!(world.query(logs).await, [format!("{cluster} 10"), format!("{cluster}#2 15")]);
    accept_log::run(&world.settings, Feed::Vitals, Partitions::AllStopped)
        .await
        .expect_err("nothing to accept");
    let report = audit(&world.settings, Feed::Vitals, true).await.unwrap();
    let compared = report.kafka.unwrap();
    let found: Vec<_> = compared.iter().map(|it| (it.again.messages, &it.finding)).collect();
    assert_eq!(found, [(15, &None), (20, &None)], "the rows of the new log match its messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_outlives_a_restart_and_the_growth_of_the_log() {
    let (world, log) = archived(1).await;
    move_position(&world, &log, Positions::from([(0, 20)])).await;
    let second = world.start().await;
    second.wait_for_ready(503, "partitions: stopped: [0]").await;
    // The log grows beyond the archived position, before and after a restart.
    world.send_readings(0, 10, 25);
    second.stop().await.unwrap();
    let third = world.start().await;
    third.wait_for_ready(503, "partitions: stopped: [0]").await;
    let reason = third.status().await["partitions"][0]["reason"].to_string();
    assert!(reason.contains("stopped since") && reason.contains("accept-log"), "{reason}");
    let audit = world.audit().await;
    assert!(audit.partitions[0].stopped && !audit.is_clean(), "{audit:?}");
    world.send_readings(0, 25, 30);
    accept_log::run(&world.settings, Feed::Vitals, Partitions::AllStopped).await.unwrap();
    world.wait_for_rows(40).await;
    third.wait_for_ready(200, "ready").await;
    third.stop().await.unwrap();
    let new_log = "select count(*) from vitals where kafka_cluster like '%#2'";
    assert_eq!(world.query(new_log).await, ["30"], "every message of the new log");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_message_at_the_last_offset_stops_the_partition() {
    let (world, log) = archived(2).await;
    // The table's state after another log of partition 0 was archived up to offset 10.
    let other = LastMessage { offset: 9, fingerprint: 1 };
    commit_actions(&world, log.moved(0, 10, Some(other)).to_vec()).await;
    world.send_readings(0, 10, 15);
    world.send_readings(1, 10, 15);
    let second = world.start().await;
    second.wait_for_ready(503, "partitions: stopped: [0]").await;
    world.wait_for_rows(25).await;
    let reason = second.status().await["partitions"][0]["reason"].to_string();
    assert!(reason.contains("message at offset 9"), "{reason}");
    accept_log::run(&world.settings, Feed::Vitals, Partitions::One(0)).await.unwrap();
    world.wait_for_rows(40).await;
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_without_a_leader_delays_no_other() {
    let mut world = World::new(2);
    world.settings.kafka.request_timeout_ms = 300_000;
    world.broker.partition_leader(TOPIC, 0, None).unwrap();
    world.send_readings(1, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    consumer.wait_for_ready(503, "not read: [0]: the partition has no leader").await;
    world.broker.partition_leader(TOPIC, 0, Some(1)).unwrap();
    world.send_readings(0, 0, 10);
    world.wait_for_rows(20).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_another_cluster_is_archived_only_after_acceptance() {
    let mut world = World::new(1);
    world.settings.consumer.retry.max_backoff_ms = 500;
    world.send_readings(0, 0, 10);
    let first = world.start().await;
    world.wait_for_rows(10).await;
    first.stop().await.unwrap();
    let mut other = World::new(1);
    other.settings.lake = world.settings.lake.clone();
    other.settings.consumer.retry.max_backoff_ms = 500;
    other.send_readings(0, 0, 5);
    if other.cluster_id() == world.cluster_id() {
        // The mock broker has a constant id, so the table gets another one.
        replace_cluster_id(&world).await;
    }
    let second = other.start().await;
    second.wait_for_ready(503, "partitions: stopped: [0]").await;
    accept_log::run(&other.settings, Feed::Vitals, Partitions::AllStopped).await.unwrap();
    world.wait_for_rows(15).await;
    second.stop().await.unwrap();
}

/// Replaces the cluster's id in the table's log.
async fn replace_cluster_id(world: &World) {
    let id = world.cluster_id();
    for entry in std::fs::read_dir(world.table_dir().join("_delta_log")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.replace(&format!("{id}/{TOPIC}/"), &format!("another/{TOPIC}/"));
            std::fs::write(&path, text).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_deleted_before_they_were_archived_are_recorded() {
    let world = World::new(1);
    world.send_readings(0, 0, 10);
    let first = world.start().await;
    world.wait_for_rows(10).await;
    first.stop().await.unwrap();
    // The mock broker retains 5 MiB.
    let filler = "x".repeat(100_000);
    for _ in 0..80 {
        world.send(0, &filler);
    }
    world.send_readings(0, 10, 15);
    let second = world.start().await;
    let (_, low) = wait_for_lost(&world, 94).await;
    second.stop().await.unwrap();
    let rows = "select kafka_offset from vitals where kafka_offset > 10 order by 1";
    let expected: Vec<String> = (low..95).map(|offset| offset.to_string()).collect();
    assert_eq!(world.query(rows).await, expected);
}

/// The recorded range of lost offsets, once offset `last` is archived.
async fn wait_for_lost(world: &World, last: i64) -> (i64, i64) {
    let arrived = format!("select count(*) from vitals where kafka_offset = {last}");
    while world.query(&arrived).await != ["1"] {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let lost = "select kafka_offset || ' ' || covers_to from vitals where reject_reason = 'lost'";
    let lost = world.query(lost).await;
    let [range] = &lost[..] else { panic!("{lost:?}") };
    let (from, to) = range.split_once(' ').unwrap();
    let from = from.parse().unwrap();
    let to = to.parse().unwrap();
    assert!(from == 10 && to > 10, "{range}");
    (from, to)
}
