//! A lake whose folder was moved away.

use std::{collections::BTreeMap, path::PathBuf};

use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
};

use crate::{
    wait::{check, wait_for},
    world::{TEST_TIMEOUT, TOPIC, World},
};

impl World {
    /// Waits until the group has committed `offset` of partition 0 to Kafka.
    async fn wait_for_committed_offset(&self, offset: i64) {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.broker.bootstrap_servers())
            .set("group.id", &self.settings.consumer.group_id)
            .create()
            .unwrap();
        wait_for("committed offset", async || {
            let mut partitions = TopicPartitionList::new();
            partitions.add_partition(TOPIC, 0);
            let found = client.committed_offsets(partitions, TEST_TIMEOUT).unwrap();
            check(found.elements()[0].offset() == Offset::Offset(offset), found)
        })
        .await;
    }

    fn move_lake_away(&self) -> PathBuf {
        let away = self.dir.path().join("moved");
        std::fs::rename(self.dir.path().join("lake"), &away).unwrap();
        away
    }
}

/// A world whose consumer has archived ten readings and was stopped.
async fn archived() -> World {
    let mut world = World::new(1);
    world.settings.consumer.retry.max_backoff_ms = 500;
    world.send_readings(0, 0, 10);
    let first = world.start().await;
    world.wait_for_rows(10).await;
    world.wait_for_committed_offset(10).await;
    first.stop().await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn no_new_table_is_begun_when_the_group_has_archived_before() {
    let world = archived().await;
    let away = world.move_lake_away();
    let second = world.start().await;
    second.wait_for_ready(503, "this group has archived vitals before").await;
    assert!(!world.table_dir().exists());
    // With its folder back, the archive continues where it was.
    std::fs::rename(away.join("vitals"), world.table_dir()).unwrap();
    world.send_readings(0, 10, 15);
    world.wait_for_rows(15).await;
    second.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 15)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_table_is_begun_on_request() {
    let mut world = archived().await;
    world.move_lake_away();
    world.settings.consumer.create_tables = true;
    let second = world.start().await;
    world.wait_for_rows(10).await;
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_is_moved_away_while_it_is_written_is_not_begun_anew() {
    let mut world = World::new(1);
    world.settings.consumer.retry.max_backoff_ms = 500;
    world.settings.consumer.create_tables = true;
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    let away = world.move_lake_away();
    world.send_readings(0, 10, 20);
    let spooled = |status: &serde_json::Value| status["spool"]["batches"].as_u64() > Some(0);
    consumer.wait_for_status("spooled batch", spooled).await;
    consumer.wait_for_ready(503, "lake").await;
    assert!(!world.dir.path().join("lake").exists());
    std::fs::rename(away, world.dir.path().join("lake")).unwrap();
    world.wait_for_rows(20).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 20)])).await;
}
