//! Several consumers: they share, join, leave, die, stall, and even contradict each other.

use nix::sys::signal::Signal;

use super::case::{Case, Expected, verify};
use crate::support::cluster::Cluster;
use crate::support::seconds;

const RATE: u32 = 1_000;
/// Of the two writers: half a minute of contradiction.
const READINGS: u32 = 30_000;

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn several_consumers_lose_and_repeat_nothing() {
    let cluster = Cluster::start("group").await;
    let zombie = Case::new(&cluster, "zombie").await;
    let writers = Case::new(&cluster, "two_writers").await;
    let moving = Case::new(&cluster, "come_and_go").await;
    let expected = tokio::join!(stall(&zombie), contradict(&writers), come_and_go(&moving));
    verify(&cluster, &<[_; 3]>::from(expected)).await;
}

/// One stalls between its decision and its commit until another has taken its partitions and gone
/// on; then it wakes up and commits.
async fn stall<'a>(case: &'a Case<'_>) -> Expected<'a> {
    let zombie = case.consumer(
        "zombie",
        "before_commit:stop:3",
        &[("CONSUMER__SPOOL__FOLDER", &case.spool("zombie"))],
    );
    zombie.ready(case).await;
    let producer = case.produce_on(RATE);
    zombie.stalled(case).await;
    let heir = case.consumer("heir", "", &[]);
    heir.stored(case, 2_000).await;
    zombie.process.signal(Signal::SIGCONT);
    // While it finds out that it is late.
    heir.stored(case, 10_000).await;
    let expected = case.stopped(producer, seconds(90)).await;
    zombie.process.stop().await;
    heir.process.stop().await;
    expected
}

/// Two groups archive the same topic to the same table: two writers on every partition.
async fn contradict<'a>(case: &'a Case<'_>) -> Expected<'a> {
    let other = format!("{}_other", case.name);
    let first = case.consumer("first", "", &[]);
    let further =
        [("CONSUMER__GROUP_ID", other.as_str()), ("CONSUMER__SPOOL__FOLDER", &case.spool("other"))];
    let second = case.consumer("second", "", &further);
    first.ready(case).await;
    second.ready(case).await;
    let producer = case.produce(READINGS, RATE);
    case.settled(producer, seconds(60)).await;
    first.process.stop().await;
    second.process.stop().await;
    Expected { case, readings: READINGS }
}

/// Three join one after the other; one leaves, one dies, one comes back.
async fn come_and_go<'a>(case: &'a Case<'_>) -> Expected<'a> {
    let spool = |host: &str| case.spool(host);
    let start = |host: &str| case.consumer(host, "", &[("CONSUMER__SPOOL__FOLDER", &spool(host))]);
    let first = start("a");
    first.ready(case).await;
    let producer = case.produce_on(RATE);
    first.stored(case, 1_000).await;
    let second = start("b");
    second.stored(case, 500).await;
    let third = start("c");
    third.assigned(case).await;
    first.process.stop().await;
    second.process.crash().await;
    let again = start("a_again");
    again.stored(case, 2_000).await;
    let expected = case.stopped(producer, seconds(90)).await;
    third.process.stop().await;
    again.process.stop().await;
    expected
}
