//! The consumer as a process that dies, stalls or fails at a failpoint.

use std::{collections::BTreeMap, time::Duration};

use crate::{process::Process, world::World};

/// The archive alone.
const ARCHIVE: &[(&str, &str)] = &[("CONSUMER__ROLES", "archive")];

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_failpoint_leaves_no_gap_and_no_duplicate() {
    let failpoints = [
        "before_put",
        "after_put",
        "before_commit",
        "after_commit",
        "before_offsets",
        "after_offsets",
    ];
    let world = World::new(2);
    let mut sent = 0;
    for failpoint in failpoints {
        world.send_readings(0, sent, sent + 100);
        world.send_readings(1, sent, sent + 100);
        sent += 100;
        // The second hit, so that this process has committed a batch before.
        Process::start(&world, &format!("{failpoint}:kill:2"), ARCHIVE).wait_for_end().await;
    }
    let last = Process::start(&world, "", ARCHIVE);
    world.wait_for_rows(usize::try_from(2 * sent).unwrap()).await;
    drop(last);
    world.assert_exactly_once(&BTreeMap::from([(0, sent), (1, sent)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_at_any_failpoint_leave_no_gap_and_no_duplicate() {
    let failpoints = "before_put:error:2,after_put:error:4,before_commit:error:6,after_commit:error:3,\
                  after_commit:error:5,before_offsets:error:2,before_put:full:8,\
                  before_put:error:9,before_drain:error,after_drain:error:2,before_spool:full:2,\
                  after_spool:error:3";
    let world = World::new(2);
    let consumer = Process::start(&world, failpoints, ARCHIVE);
    for from in (0..600).step_by(60) {
        world.send_readings(0, from, from + 60);
        world.send_readings(1, from, from + 60);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.wait_for_rows(1200).await;
    drop(consumer);
    world.assert_exactly_once(&BTreeMap::from([(0, 600), (1, 600)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_consumer_does_not_commit_over_its_successor() {
    let world = World::new(1);
    world.send_readings(0, 0, 100);
    let zombie = Process::start(&world, "before_commit:stop:2", ARCHIVE);
    world.wait_for_rows(40).await;
    // It is suspended in its second commit. After the session timeout its successor is assigned
    // the partition.
    let successor = Process::start(&world, "", ARCHIVE);
    world.wait_for_rows(100).await;
    zombie.signal("-CONT");
    world.send_readings(0, 100, 200);
    world.wait_for_rows(200).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop((zombie, successor));
    world.assert_exactly_once(&BTreeMap::from([(0, 200)])).await;
}
