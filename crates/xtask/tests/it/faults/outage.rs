//! Outages of the broker, the NameNode and the DataNode.

use std::fs;
use std::time::Instant;

use futures::future::join_all;

use super::case::{Case, Consumer, STORED, verify};
use crate::support::cluster::Cluster;
use crate::support::{EVENTUALLY, seconds, wait_until};

const RATE: u32 = 400;

/// The setting that makes the NameNode reject writes for a while after a restart.
const SAFE_MODE: &str = "<name>dfs.namenode.safemode.extension</name><value>";

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn outages_of_servers_neither_lose_nor_duplicate_readings() {
    let cluster = Cluster::start("outage").await;
    let lone = Case::new(&cluster, "lone").await;
    let same_host = Case::new(&cluster, "same_host").await;
    let other_host = Case::new(&cluster, "other_host").await;
    let cases = [&lone, &same_host, &other_host];
    let mut consumers = Vec::new();
    for case in cases {
        let consumer = case.consumer("first", "", &[]);
        consumer.wait_ready(case).await;
        consumers.push(consumer);
    }
    let producers = cases.map(|case| case.produce_until_stopped(RATE));
    join_all(cases.iter().zip(&consumers).map(|(case, it)| it.wait_stored(case, RATE))).await;

    namenode_outage(&cluster, &cases, &mut consumers).await;
    datanode_outage(&cluster, &cases, &mut consumers).await;
    broker_outage(&cluster, &cases, &mut consumers).await;
    namenode_in_safe_mode(&cluster, &cases, &mut consumers).await;

    let mut expected = Vec::new();
    for (case, producer) in cases.into_iter().zip(producers) {
        expected.push(case.stop_producer(producer, seconds(180)).await);
    }
    for consumer in consumers {
        consumer.process.stop().await;
    }
    verify(&cluster, &expected).await;
}

/// The NameNode crashes. Meanwhile one consumer is restarted on the same host, with its spool, and
/// one on another host, without it.
async fn namenode_outage(cluster: &Cluster, cases: &[&Case<'_>; 3], consumers: &mut [Consumer]) {
    assert!(cluster.services.namenode.kill().await.unwrap());
    // Long enough for every consumer to detect the outage and to spool batches.
    tokio::time::sleep(seconds(6)).await;
    let [_, same_host, other_host] = cases;
    let elsewhere = other_host.spool("elsewhere");
    let successors = [
        same_host.consumer("second", "", &[]),
        other_host.consumer("second", "", &[("CONSUMER__SPOOL__FOLDER", &elsewhere)]),
    ];
    for (consumer, successor) in consumers[1..].iter_mut().zip(successors) {
        std::mem::replace(consumer, successor).process.crash().await;
    }
    tokio::time::sleep(seconds(8)).await;
    cluster.services.namenode.start().unwrap();
    cluster.services.wait_ready().await.unwrap();
    wait_recovered(cases, consumers).await;
}

/// The DataNode crashes.
async fn datanode_outage(cluster: &Cluster, cases: &[&Case<'_>; 3], consumers: &mut [Consumer]) {
    assert!(cluster.services.datanode.kill().await.unwrap());
    tokio::time::sleep(seconds(6)).await;
    cluster.services.datanode.start().unwrap();
    cluster.services.wait_ready().await.unwrap();
    wait_recovered(cases, consumers).await;
}

/// The broker crashes.
async fn broker_outage(cluster: &Cluster, cases: &[&Case<'_>; 3], consumers: &mut [Consumer]) {
    assert!(cluster.services.kafka.kill().await.unwrap());
    tokio::time::sleep(seconds(3)).await;
    cluster.services.kafka.start().unwrap();
    cluster.services.wait_ready().await.unwrap();
    wait_recovered(cases, consumers).await;
}

/// The NameNode restarts with its default settings: it responds but rejects writes for half a
/// minute.
async fn namenode_in_safe_mode(
    cluster: &Cluster,
    cases: &[&Case<'_>; 3],
    consumers: &mut [Consumer],
) {
    let site = cluster.services.dir().join("conf/hdfs/hdfs-site.xml");
    let text = fs::read_to_string(&site).unwrap();
    let with_default = text.replace(&format!("{SAFE_MODE}0<"), &format!("{SAFE_MODE}30000<"));
    assert_ne!(with_default, text, "the setting is missing");
    fs::write(&site, with_default).unwrap();
    assert!(cluster.services.namenode.stop().await.unwrap());
    cluster.services.namenode.start().unwrap();
    let started = Instant::now();
    wait_for_storage_report(cluster, consumers, true).await;
    cluster.services.wait_ready().await.unwrap();
    let in_safe_mode = started.elapsed();
    assert!(in_safe_mode > seconds(25), "safe mode ended after {} s", in_safe_mode.as_secs());
    wait_recovered(cases, consumers).await;
    wait_for_storage_report(cluster, consumers, false).await;
}

/// Waits until `/status` of every consumer reports the NameNode's safe mode and the lake's files.
async fn wait_for_storage_report(cluster: &Cluster, consumers: &[Consumer], safe_mode: bool) {
    for Consumer { address, .. } in consumers {
        let what = format!("{address} reports safe mode {safe_mode}");
        wait_until(&what, EVENTUALLY, async || {
            let Some(status) = cluster.get(address, "/status").await else { return false };
            let storage = &status["storage"];
            // The root has no space quota, so its capacity is unknown.
            assert!(storage["capacity_bytes"].is_null(), "{storage}");
            storage["safe_mode"] == safe_mode
                && storage["error"].is_null()
                && storage["lake_bytes"].as_u64() > Some(0)
                && storage["used_bytes"].as_u64() >= storage["lake_bytes"].as_u64()
        })
        .await;
        let metric = cluster.metric(address, "vitals_lake_storage_safe_mode").await;
        assert!(!safe_mode || metric > 0.0, "{address}: the metric does not show safe mode");
    }
}

/// Waits until every consumer stores readings again, and asserts that none has ended.
async fn wait_recovered(cases: &[&Case<'_>; 3], consumers: &mut [Consumer]) {
    for (case, consumer) in cases.iter().zip(consumers) {
        let stored = async || case.cluster.metric(&consumer.address, STORED).await;
        let before = stored().await;
        let description = format!("{}: the consumer stores readings again", case.name);
        wait_until(&description, EVENTUALLY, async || stored().await > before).await;
        assert!(consumer.process.is_running(), "{}: a consumer has ended", case.name);
    }
}
