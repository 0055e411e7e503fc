//! The consumer dies at a failpoint of the spool: while batches are spooled because the NameNode is
//! down, and while the spool is drained because the NameNode is back.

use futures::future::join_all;

use super::case::{Case, Expected, verify};
use crate::support::cluster::Cluster;
use crate::support::seconds;

const READINGS: u32 = 12_000;
const RATE: u32 = 400;

/// Failpoints that are hit while the NameNode is down.
const WRITING: [&str; 2] = ["before_spool", "after_spool"];

/// Failpoints that are hit when the NameNode is back.
const DRAINING: [&str; 2] = ["before_drain", "after_drain"];

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn a_crash_at_any_failpoint_of_the_spool_neither_loses_nor_duplicates_readings() {
    let cluster = Cluster::start("spool").await;
    let mut cases = Vec::new();
    for name in WRITING.into_iter().chain(DRAINING) {
        cases.push(Case::new(&cluster, name).await);
    }
    let mut consumers = Vec::new();
    for case in &cases {
        // The drain is retried while the NameNode is down, but its failpoints are hit only when the
        // NameNode is back.
        let consumer = case.consumer("killed", &format!("{}:kill:1", case.name), &[]);
        consumer.wait_ready(case).await;
        consumers.push(consumer);
    }
    let producers: Vec<_> = cases.iter().map(|case| case.produce(READINGS, RATE)).collect();
    join_all(cases.iter().zip(&consumers).map(|(case, it)| it.wait_stored(case, RATE))).await;

    // The NameNode goes down: consumers die while spooling and are restarted.
    assert!(cluster.services.namenode.kill().await.unwrap());
    let draining = consumers.split_off(WRITING.len());
    let mut restarted = Vec::new();
    for (case, consumer) in cases.iter().zip(consumers) {
        consumer.wait_killed(case).await;
        restarted.push(case.consumer("restarted", "", &[]));
    }
    // Long enough for the restarted consumers to spool batches as well.
    tokio::time::sleep(seconds(4)).await;

    // The NameNode comes back: the other consumers die while draining.
    cluster.services.namenode.start().unwrap();
    cluster.services.wait_ready().await.unwrap();
    for (case, consumer) in cases[WRITING.len()..].iter().zip(draining) {
        consumer.wait_killed(case).await;
        restarted.push(case.consumer("restarted", "", &[]));
    }
    for (case, producer) in cases.iter().zip(producers) {
        case.finish(producer, seconds(90)).await;
    }
    for consumer in restarted {
        consumer.process.stop().await;
    }
    let expected: Vec<_> = cases.iter().map(|case| Expected { case, readings: READINGS }).collect();
    verify(&cluster, &expected).await;
}
