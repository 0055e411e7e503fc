//! The consumer dies or fails at a failpoint of the commit path.

use futures::future::join_all;

use super::case::{Case, Expected, verify};
use crate::support::EVENTUALLY;
use crate::support::cluster::Cluster;

const READINGS: u32 = 8_000;
const RATE: u32 = 1_000;

/// Failpoints of a commit, in order.
const FAILPOINTS: [&str; 6] =
    ["before_put", "after_put", "before_commit", "after_commit", "before_offsets", "after_offsets"];

/// Failures that the process survives: a retriable error, a commit that succeeded but reported an
/// error, and a full disk.
const ERRORS: [(&str, &str); 3] = [
    ("put_fails", "before_put:error:2,after_put:error:3"),
    ("commit_unanswered", "after_commit:error:2,after_commit:error:4"),
    ("put_finds_no_room", "before_put:full:2,before_put:full:3"),
];

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn a_crash_or_an_error_at_any_failpoint_neither_loses_nor_duplicates_readings() {
    let cluster = Cluster::start("crash").await;
    let mut cases = Vec::new();
    for name in FAILPOINTS.into_iter().chain(ERRORS.map(|(name, _)| name)) {
        cases.push(Case::new(&cluster, name).await);
    }
    let (killed, failed) = cases.split_at(FAILPOINTS.len());
    // Three at a time: most of the time they wait for the session timeout of the group.
    for cases in killed.chunks(3) {
        join_all(cases.iter().map(kill)).await;
    }
    join_all(failed.iter().zip(ERRORS).map(|(case, (_, faults))| fail(case, faults))).await;
    let expected: Vec<_> = cases.iter().map(|case| Expected { case, readings: READINGS }).collect();
    verify(&cluster, &expected).await;
}

/// The second batch kills the consumer at the failpoint; another takes over during the load.
async fn kill(case: &Case<'_>) {
    let consumer = case.consumer("killed", &format!("{}:kill:2", case.name), &[]);
    consumer.wait_ready(case).await;
    let producer = case.produce(READINGS, RATE);
    consumer.wait_killed(case).await;
    let restarted = case.consumer("restarted", "", &[]);
    case.finish(producer, EVENTUALLY).await;
    restarted.process.stop().await;
}

/// Failpoints return errors, and the process continues.
async fn fail(case: &Case<'_>, failpoints: &str) {
    let consumer = case.consumer("failing", failpoints, &[]);
    consumer.wait_ready(case).await;
    let producer = case.produce(READINGS, RATE);
    case.finish(producer, EVENTUALLY).await;
    let hits = consumer.log().failpoint_actions();
    assert!(hits.len() >= 2, "{}: failpoints hit: {hits:?}", case.name);
    consumer.process.stop().await;
}
