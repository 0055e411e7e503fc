//! Outages of the lake while messages arrive.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::{RunningConsumer, World};

fn batches(status: &Value) -> u64 {
    status["spool"]["batches"].as_u64().unwrap()
}

async fn wait_for_batches(consumer: &RunningConsumer, at_least: u64) {
    consumer.wait_for_status("spool", |status| batches(status) >= at_least).await;
}

/// Waits until the spool is drained and the archive is ready.
async fn wait_for_drain(consumer: &RunningConsumer) {
    consumer.wait_for_status("empty spool", |status| batches(status) == 0).await;
    consumer.wait_for_ready(200, "ready").await;
}

/// Archives the offsets 0 to 9, then spools 10 to 29 in an outage that lasts on after the consumer.
async fn leave_spooled_readings(world: &World) {
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    world.break_lake();
    world.send_readings(0, 10, 30);
    wait_for_batches(&consumer, 1).await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_outage_are_spooled_and_stored_once() {
    let world = World::new(2);
    world.send_readings(0, 0, 100);
    let consumer = world.start().await;
    world.wait_for_rows(100).await;
    world.break_lake();
    for (from, to) in [(100, 150), (150, 200), (200, 250)] {
        let before = batches(&consumer.status().await);
        world.send_readings(0, from, to);
        world.send_readings(1, from - 100, to - 100);
        wait_for_batches(&consumer, before + 1).await;
    }
    consumer.wait_for_ready(503, "lake").await;
    world.restore_lake();
    world.wait_for_rows(400).await;
    wait_for_drain(&consumer).await;
    world.send_readings(0, 250, 260);
    world.wait_for_rows(410).await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 260), (1, 150)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_during_an_outage_continues_behind_the_spool() {
    let world = World::new(1);
    leave_spooled_readings(&world).await;
    let second = world.start().await;
    second.wait_for_status("reading", |it| it["partitions"][0]["phase"] == "reading").await;
    let before = batches(&second.status().await);
    assert!(before > 0);
    world.send_readings(0, 30, 50);
    wait_for_batches(&second, before + 1).await;
    world.restore_lake();
    world.wait_for_rows(50).await;
    wait_for_drain(&second).await;
    second.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 50)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_reads_the_spooled_offsets_from_kafka() {
    let mut world = World::new(1);
    leave_spooled_readings(&world).await;
    let first_folder = world.settings.consumer.spool.folder.clone();
    world.settings.consumer.spool.folder = format!("{first_folder}-other");
    let second = world.start().await;
    // Without a spool it does not know the table's position, so it waits and fetches nothing.
    second.wait_for_status("waiting", |it| it["partitions"][0]["phase"] == "waiting").await;
    world.restore_lake();
    world.wait_for_rows(30).await;
    second.stop().await.unwrap();
    world.settings.consumer.spool.folder = first_folder;
    let third = world.start().await;
    wait_for_drain(&third).await;
    world.send_readings(0, 30, 40);
    world.wait_for_rows(40).await;
    third.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 40)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_pauses_consumption_and_drops_nothing() {
    let mut world = World::new(1);
    world.settings.consumer.spool.max_bytes = 20_000;
    world.settings.consumer.rotation.max_rows = 50;
    world.settings.consumer.retry.max_backoff_ms = 500;
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    world.break_lake();
    world.send_readings(0, 10, 2000);
    consumer.wait_for_status("full spool", |it| it["spool"]["full"] == true).await;
    consumer.wait_for_ready(503, "spool").await;
    world.restore_lake();
    world.wait_for_rows(2000).await;
    wait_for_drain(&consumer).await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 2000)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offsets_of_a_damaged_spool_file_are_read_from_kafka() {
    let world = World::new(1);
    world.send_readings(0, 0, 10);
    let first = world.start().await;
    world.wait_for_rows(10).await;
    world.break_lake();
    world.send_readings(0, 10, 30);
    wait_for_batches(&first, 1).await;
    world.send_readings(0, 30, 60);
    let before = batches(&first.status().await);
    wait_for_batches(&first, before + 1).await;
    first.stop().await.unwrap();
    damage_oldest_file(&world);
    let second = world.start().await;
    world.restore_lake();
    world.wait_for_rows(60).await;
    wait_for_drain(&second).await;
    assert!(second.status().await["spool"]["quarantined"].as_u64().unwrap() > 0);
    second.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 60)])).await;
}

/// Flips a byte among the rows of the oldest file.
fn damage_oldest_file(world: &World) {
    let spool = std::fs::read_dir(&world.settings.consumer.spool.folder).unwrap();
    let of_readings = |path: &std::path::PathBuf| path.display().to_string().contains(".vitals.");
    let folder = spool.map(|entry| entry.unwrap().path()).find(of_readings).unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let oldest = files.filter(|path| path.extension().is_some()).min().unwrap();
    let mut bytes = std::fs::read(&oldest).unwrap();
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    std::fs::write(&oldest, bytes).unwrap();
}
