//! Several consumers: they share partitions, join, leave, die, stall, and write concurrently.

use nix::sys::signal::Signal;

use super::case::{Case, Consumer, Expected, verify};
use crate::support::cluster::Cluster;
use crate::support::{EVENTUALLY, seconds};

const RATE: u32 = 1_000;
/// Readings for the two writers: half a minute of concurrent commits.
const READINGS: u32 = 30_000;

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn several_consumers_neither_lose_nor_duplicate_readings() {
    let cluster = Cluster::start("group").await;
    let zombie = Case::new(&cluster, "zombie").await;
    let writers = Case::new(&cluster, "two_writers").await;
    let moving = Case::new(&cluster, "come_and_go").await;
    let expected = tokio::join!(stall(&zombie), write_concurrently(&writers), come_and_go(&moving));
    verify(&cluster, &<[_; 3]>::from(expected)).await;
}

/// A consumer stalls right before a commit until another has taken over its partitions and advanced
/// them; then the zombie resumes and commits.
async fn stall<'a>(case: &'a Case<'_>) -> Expected<'a> {
    let zombie = case.consumer(
        "zombie",
        "before_commit:stop:3",
        &[("CONSUMER__SPOOL__FOLDER", &case.spool("zombie"))],
    );
    zombie.wait_ready(case).await;
    let producer = case.produce_until_stopped(RATE);
    zombie.wait_stalled(case).await;
    let heir = case.consumer("heir", "", &[]);
    heir.wait_stored(case, 2_000).await;
    zombie.process.signal(Signal::SIGCONT);
    // Meanwhile the zombie notices that its commit is stale.
    heir.wait_stored(case, 10_000).await;
    let expected = case.stop_producer(producer, seconds(90)).await;
    zombie.process.stop().await;
    heir.process.stop().await;
    expected
}

/// Two groups archive the same topic to the same table: every partition has two writers.
async fn write_concurrently<'a>(case: &'a Case<'_>) -> Expected<'a> {
    let other = format!("{}_other", case.name);
    let first = case.consumer("first", "", &[]);
    let further =
        [("CONSUMER__GROUP_ID", other.as_str()), ("CONSUMER__SPOOL__FOLDER", &case.spool("other"))];
    let second = case.consumer("second", "", &further);
    first.wait_ready(case).await;
    second.wait_ready(case).await;
    let producer = case.produce(READINGS, RATE);
    case.finish(producer, EVENTUALLY).await;
    first.process.stop().await;
    second.process.stop().await;
    Expected { case, readings: READINGS }
}

/// Three consumers join one after the other; one leaves, one dies, one returns.
async fn come_and_go<'a>(case: &'a Case<'_>) -> Expected<'a> {
    let first = on_host(case, "a");
    first.wait_ready(case).await;
    let producer = case.produce_until_stopped(RATE);
    first.wait_stored(case, 1_000).await;
    let second = on_host(case, "b");
    second.wait_stored(case, 500).await;
    let third = on_host(case, "c");
    third.wait_assigned(case).await;
    first.process.stop().await;
    second.process.crash().await;
    let again = on_host(case, "a_again");
    again.wait_stored(case, 2_000).await;
    let expected = case.stop_producer(producer, seconds(90)).await;
    third.process.stop().await;
    again.process.stop().await;
    expected
}

/// Starts a consumer on a host of its own.
fn on_host(case: &Case<'_>, host: &str) -> Consumer {
    case.consumer(host, "", &[("CONSUMER__SPOOL__FOLDER", &case.spool(host))])
}
