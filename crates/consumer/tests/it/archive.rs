//! The archive: exactly once across restarts, rebalances and other writers.

use std::{collections::BTreeMap, time::Duration};

use deltalake::{
    kernel::{
        Transaction,
        transaction::{CommitBuilder, CommitProperties},
    },
    protocol::{DeltaOperation, OutputMode},
};
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{BaseConsumer, Consumer as _},
    message::Headers as _,
};
use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};
use vitals_lake::position::{Positions, TopicLog};

use crate::{
    wait::wait_for,
    world::{TOPIC, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_message_is_stored_or_rejected_once_across_restarts() {
    let world = World::new(2);
    world.send_readings(0, 0, 100);
    world.send(1, "not json");
    world.send(1, r#"{"patient_id":"p","timestamp":-1,"spo2":97}"#);
    let first = world.start().await;
    world.wait_for_rows(102).await;
    first.stop().await.unwrap();
    world.send_readings(0, 100, 150);
    let second = world.start().await;
    world.wait_for_rows(152).await;
    second.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 150), (1, 2)])).await;
    let reasons =
        world.query("select reject_reason from vitals where rejected order by kafka_offset").await;
    assert_eq!(reasons, ["not_json", "invalid_timestamp"]);
    let payload = "select arrow_cast(reject_payload, 'Utf8') from vitals where kafka_partition = 1";
    assert_eq!(world.query(payload).await[0], "not json");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_every_compression_are_archived() {
    let world = World::new(1);
    let codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    for codec in codecs {
        world.send_compressed(0, codec, 20);
    }
    let consumer = world.start().await;
    world.wait_for_rows(100).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 100)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_consumer_leaves_no_gap_and_no_duplicate() {
    let mut world = World::new(1);
    world.settings.consumer.rotation.max_rows = 7;
    world.send_readings(0, 0, 500);
    let first = world.start().await;
    while world.rows().await < 20 {
        tokio::task::yield_now().await;
    }
    first.kill();
    let second = world.start().await;
    world.wait_for_rows(500).await;
    second.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 500)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_share_the_partitions() {
    let world = World::new(4);
    let first = world.start().await;
    for partition in 0..4 {
        world.send_readings(partition, 0, 50);
    }
    world.wait_for_rows(200).await;
    let second = world.start().await;
    second.wait_for_ready(200, "ready").await;
    for partition in 0..4 {
        world.send_readings(partition, 50, 100);
    }
    world.wait_for_rows(400).await;
    first.stop().await.unwrap();
    for partition in 0..4 {
        world.send_readings(partition, 100, 150);
    }
    world.wait_for_rows(600).await;
    second.stop().await.unwrap();
    world.assert_exactly_once(&(0..4).map(|partition| (partition, 150)).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_lake_is_retried() {
    let world = World::new(1);
    world.break_lake();
    let consumer = world.start().await;
    world.send_readings(0, 0, 10);
    consumer.wait_for_ready(503, "table vitals").await;
    world.restore_lake();
    world.wait_for_rows(10).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_is_prompt_while_the_lake_is_unavailable() {
    let world = World::new(1);
    world.break_lake();
    let consumer = world.start().await;
    consumer.wait_for_ready(503, "table vitals").await;
    let stop = tokio::time::timeout(Duration::from_secs(20), consumer.stop());
    stop.await.expect("the shutdown hangs").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_of_another_writer_are_not_stored_again() {
    let world = World::new(1);
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    let cluster = world.cluster_id();
    let other = TopicLog { id: LogId::new(&cluster, 1), topic: TOPIC.to_owned() };
    move_position(&world, &other, Positions::from([(0, 30)])).await;
    world.send_readings(0, 10, 40);
    world.wait_for_rows(20).await;
    consumer.stop().await.unwrap();
    let audit = world.audit().await;
    assert!(!audit.is_clean(), "{audit:?}");
    assert_eq!(audit.partitions[0].gaps, [OffsetRange { start: 10, end: 30 }]);
    let stored = world.query("select kafka_offset from vitals order by kafka_offset").await;
    let expected: Vec<String> = (0..10).chain(30..40).map(|offset| offset.to_string()).collect();
    assert_eq!(stored, expected);
}

/// Commits the positions `next`, like another instance that has stored all earlier offsets.
pub(crate) async fn move_position(world: &World, log: &TopicLog, next: Positions) {
    let moved = next.iter().flat_map(|(partition, next)| log.moved(*partition, *next, None));
    commit_actions(world, moved.collect()).await;
}

/// Commits `actions` alone, like another instance.
pub(crate) async fn commit_actions(world: &World, actions: Vec<Transaction>) {
    let table = world.table().await.unwrap();
    let properties = CommitProperties::default().with_application_transactions(actions);
    let operation = DeltaOperation::StreamingUpdate {
        output_mode: OutputMode::Append,
        query_id: "another instance".to_owned(),
        epoch_id: 0,
    };
    CommitBuilder::from(properties)
        .build(Some(table.snapshot().unwrap()), table.log_store(), operation)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_the_message_with_the_reason_and_the_position() {
    let world = World::new(1);
    let consumer = world.start().await;
    world.send_with_header(0, "p-1", "[1]", Some(1_763_812_800_123));
    world.wait_for_rows(1).await;
    let dead_letters: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", world.broker.bootstrap_servers())
        .set("group.id", "dead_letters")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    dead_letters.subscribe(&["vitals.rejected"]).unwrap();
    let poll = async || dead_letters.poll(Duration::from_secs(1)).ok_or(());
    let letter = wait_for("dead letter", poll).await.unwrap();
    assert_eq!(letter.payload(), Some("[1]".as_bytes()));
    let headers: Vec<(String, String)> = letter
        .headers()
        .unwrap()
        .iter()
        .map(|header| {
            let value = String::from_utf8(header.value.unwrap().to_vec()).unwrap();
            (header.key.to_owned(), value)
        })
        .collect();
    let time_ms = letter.timestamp().to_millis().unwrap().to_string();
    let expected = [
        ("origin", "gateway-7"),
        ("reason", "not_an_object"),
        ("topic", "vitals"),
        ("partition", "0"),
        ("offset", "0"),
        ("timestamp", "1763812800123"),
    ];
    assert_eq!(time_ms, "1763812800123");
    assert_eq!(letter.key(), Some("p-1".as_bytes()));
    assert_eq!(headers, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let (_, metrics) = consumer.get("/metrics").await;
    assert!(metrics.contains("vitals_archive_consumed_total"), "{metrics}");
    consumer.stop().await.unwrap();
}
