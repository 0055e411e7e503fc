//! Errors that the broker returns in place of one partition's messages.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::{
    wait::{check, wait_for},
    world::World,
};

/// Readings that are sent to each partition between two errors.
const STEP: i64 = 40;

/// Two partitions with a leader each, so that an error in a response concerns one of them.
fn world() -> World {
    let mut world = World::with_brokers(2, 2);
    for partition in 0..2 {
        world.broker.partition_leader("vitals", partition, Some(partition + 1)).unwrap();
    }
    world.settings.consumer.retry.max_backoff_ms = 200;
    world
}

fn fail_fetches(world: &World, error: RDKafkaRespErr, times: usize) {
    world.broker.request_errors(RDKafkaApiKey::Fetch, &vec![error; times]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_out_of_range_concerns_its_partition_alone() {
    let world = world();
    // Comparing an offset with the log takes longer than many messages.
    for broker in 1..=2 {
        world.broker.broker_round_trip_time(broker, Duration::from_millis(60)).unwrap();
    }
    let consumer = world.start().await;
    consumer.wait_for_ready(200, "ready").await;
    let out_of_range = RDKafkaRespErr::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    let mut sent = 0;
    for _ in 0..15 {
        fail_fetches(&world, out_of_range, 1);
        // Traffic goes on while the partition in error is compared with Kafka's log.
        for _ in 0..10 {
            world.queue_readings(0, sent, sent + STEP);
            world.queue_readings(1, sent, sent + STEP);
            sent += STEP;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    world.wait_for_rows(usize::try_from(2 * sent).unwrap()).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, sent), (1, sent)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_place_of_messages_is_fetched_again() {
    let world = world();
    world.send_readings(0, 0, 10);
    world.send_readings(1, 0, 10);
    let errors = [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_MSG,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    ];
    for error in errors {
        fail_fetches(&world, error, 2);
    }
    let consumer = world.start().await;
    world.wait_for_rows(20).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 10), (1, 10)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_messages_are_recorded_after_several_attempts() {
    let mut world = World::new(1);
    world.settings.consumer.retry.max_backoff_ms = 200;
    world.send_readings(0, 0, 10);
    fail_fetches(&world, RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_MSG, 6);
    let consumer = world.start().await;
    consumer.wait_for_ready(503, "not read: [0]").await;
    let last = "select count(*) from vitals where kafka_offset = 9";
    wait_for("last message", async || {
        let found = world.query(last).await;
        check(found == ["1"], found)
    })
    .await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
    let gap = "select kafka_offset || ' ' || covers_to from vitals \
               where reject_reason = 'unreadable'";
    assert_eq!(world.query(gap).await, ["0 2"]);
    let audit = world.audit().await;
    assert!(audit.is_clean(), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_that_may_not_be_read_are_a_reason() {
    let mut world = World::new(1);
    world.settings.consumer.retry.max_backoff_ms = 500;
    let consumer = world.start().await;
    consumer.wait_for_ready(200, "ready").await;
    let denied = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    fail_fetches(&world, denied, 10_000);
    world.send_readings(0, 0, 10);
    consumer.wait_for_ready(503, "not read: [0]").await;
    consumer.wait_for_status("lag", |it| it["partitions"][0]["lag"] == 10).await;
    world.broker.clear_request_errors(RDKafkaApiKey::Fetch);
    world.wait_for_rows(10).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 10)])).await;
}
