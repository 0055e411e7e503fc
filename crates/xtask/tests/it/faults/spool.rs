//! The process dies at a step of the spool: while batches are written to it because the NameNode is
//! away, and while it is emptied because the NameNode is back.

use futures::future::join_all;

use super::case::{Case, Expected, verify};
use crate::support::cluster::Cluster;
use crate::support::seconds;

const READINGS: u32 = 12_000;
const RATE: u32 = 400;

/// The steps at which it dies while the NameNode is away.
const WRITING: [&str; 2] = ["before_spool", "after_spool"];

/// Those at which it dies once the NameNode is back.
const EMPTYING: [&str; 2] = ["before_drain", "after_drain"];

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn a_crash_at_any_step_of_the_spool_loses_and_repeats_nothing() {
    let cluster = Cluster::start("spool").await;
    let mut cases = Vec::new();
    for name in WRITING.into_iter().chain(EMPTYING) {
        cases.push(Case::new(&cluster, name).await);
    }
    let mut consumers = Vec::new();
    for case in &cases {
        // While the NameNode is away the spool can't be emptied: that step is tried over and over,
        // and only reached when it is back.
        let consumer = case.consumer("killed", &format!("{}:kill:1", case.name), &[]);
        consumer.ready(case).await;
        consumers.push(consumer);
    }
    let producers: Vec<_> = cases.iter().map(|case| case.produce(READINGS, RATE)).collect();
    join_all(cases.iter().zip(&consumers).map(|(case, it)| it.stored(case, RATE))).await;

    assert!(cluster.services.namenode.kill().await.unwrap());
    let emptying = consumers.split_off(WRITING.len());
    let mut restarted = Vec::new();
    for (case, consumer) in cases.iter().zip(consumers) {
        consumer.killed(case).await;
        restarted.push(case.consumer("restarted", "", &[]));
    }
    // Long enough for the restarted ones to put something into their spools as well.
    tokio::time::sleep(seconds(4)).await;
    cluster.services.namenode.start().unwrap();
    cluster.services.wait_ready().await.unwrap();
    for (case, consumer) in cases[WRITING.len()..].iter().zip(emptying) {
        consumer.killed(case).await;
        restarted.push(case.consumer("restarted", "", &[]));
    }
    for (case, producer) in cases.iter().zip(producers) {
        case.settled(producer, seconds(90)).await;
    }
    for consumer in restarted {
        consumer.process.stop().await;
    }
    let expected: Vec<_> = cases.iter().map(|case| Expected { case, readings: READINGS }).collect();
    verify(&cluster, &expected).await;
}
