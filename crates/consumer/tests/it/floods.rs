//! Floods of messages that are kept whole.

use std::collections::BTreeMap;

use rdkafka::producer::BaseRecord;
use serde_json::Value;

use crate::world::{TOPIC, World};

/// The rows of each commit that added some.
fn rows_of_commits(world: &World) -> Vec<u64> {
    let log = std::fs::read_dir(world.table_dir().join("_delta_log")).unwrap();
    let files = log.map(|entry| entry.unwrap().path());
    let commits = files.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let rows = commits.map(|path| {
        let actions = std::fs::read_to_string(path).unwrap();
        let actions = actions.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let stats = actions.filter_map(|it| it["add"]["stats"].as_str().map(str::to_owned));
        let stats = stats.map(|it| serde_json::from_str::<Value>(&it).unwrap());
        stats.map(|it| it["numRecords"].as_u64().unwrap()).sum()
    });
    rows.filter(|rows| *rows > 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_large_keys_is_archived_in_small_batches() {
    const KEY_BYTES: usize = 400_000;
    const MESSAGES: i64 = 60;
    // The mock broker keeps 5 MiB of a partition.
    const PARTITIONS: i32 = 6;
    let mut world = World::new(PARTITIONS);
    world.settings.consumer.rotation.max_bytes = 16 << 20;
    let key = "k".repeat(KEY_BYTES);
    for number in 0..MESSAGES {
        let partition = i32::try_from(number).unwrap() % PARTITIONS;
        let record: BaseRecord<'_, str, str> = BaseRecord::to(TOPIC).partition(partition);
        world.send_record(record.key(&key).payload("not json"));
    }
    let consumer = world.start().await;
    world.wait_for_rows(usize::try_from(MESSAGES).unwrap()).await;
    consumer.stop().await.unwrap();
    let sent = (0..PARTITIONS).map(|partition| (partition, MESSAGES / i64::from(PARTITIONS)));
    world.assert_exactly_once(&BTreeMap::from_iter(sent)).await;
    // Each batch holds a quarter of the budget, and at most one fetch more.
    let rows = rows_of_commits(&world);
    assert!(rows.iter().all(|rows| *rows <= 16), "{rows:?}");
}
