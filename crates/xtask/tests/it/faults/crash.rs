//! The process dies or fails at a step of the commit path.

use futures::future::join_all;

use super::case::{Case, Expected, verify};
use crate::support::cluster::Cluster;
use crate::support::seconds;

const READINGS: u32 = 8_000;
const RATE: u32 = 1_000;

/// The steps of a commit, in their order.
const STEPS: [&str; 6] =
    ["before_put", "after_put", "before_commit", "after_commit", "before_offsets", "after_offsets"];

/// What fails without the process dying: a step that can be tried again, a commit that reports an
/// error but happened, and a full disk.
const ERRORS: [(&str, &str); 3] = [
    ("put_fails", "before_put:error:2,after_put:error:3"),
    ("commit_unanswered", "after_commit:error:2,after_commit:error:4"),
    ("put_finds_no_room", "before_put:full:2,before_put:full:3"),
];

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn a_crash_or_an_error_at_any_step_loses_and_repeats_nothing() {
    let cluster = Cluster::start("crash").await;
    let mut cases = Vec::new();
    for name in STEPS.into_iter().chain(ERRORS.map(|(name, _)| name)) {
        cases.push(Case::new(&cluster, name).await);
    }
    let (killed, failed) = cases.split_at(STEPS.len());
    // Three at a time: they mostly wait for the group's session timeout.
    for some in killed.chunks(3) {
        join_all(some.iter().map(kill)).await;
    }
    join_all(failed.iter().zip(ERRORS).map(|(case, (_, faults))| fail(case, faults))).await;
    let expected: Vec<_> = cases.iter().map(|case| Expected { case, readings: READINGS }).collect();
    verify(&cluster, &expected).await;
}

/// The second batch kills it at the step; another takes over while readings keep coming.
async fn kill(case: &Case<'_>) {
    let consumer = case.consumer("killed", &format!("{}:kill:2", case.name), &[]);
    consumer.ready(case).await;
    let producer = case.produce(READINGS, RATE);
    consumer.killed(case).await;
    let restarted = case.consumer("restarted", "", &[]);
    case.settled(producer, seconds(60)).await;
    restarted.process.stop().await;
}

/// Steps fail, and the process goes on.
async fn fail(case: &Case<'_>, faults: &str) {
    let consumer = case.consumer("failing", faults, &[]);
    consumer.ready(case).await;
    let producer = case.produce(READINGS, RATE);
    case.settled(producer, seconds(60)).await;
    let log = case.cluster.dir.join(format!("{}.consumer.failing.log", case.name));
    let log = std::fs::read_to_string(log).unwrap();
    let injected = log.matches("a fault on purpose").count();
    assert!(injected >= 2, "{}: {injected} faults were reached", case.name);
    consumer.process.stop().await;
}
