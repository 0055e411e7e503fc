//! The consumer as a process that dies, stalls or fails at a failpoint.

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::world::{TEST_TIMEOUT, World};

/// A consumer in a process of its own. Dropping it kills the process.
struct Process(Child);

impl Process {
    fn start(world: &World, failpoints: &str) -> Self {
        let settings = &world.settings;
        let child = Command::new(env!("CARGO_BIN_EXE_consumer"))
            .current_dir(world.dir.path())
            .args(["--config", concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.toml")])
            .env("VITALS_FAULT", failpoints)
            .env("VITALS__KAFKA__BOOTSTRAP_SERVERS", &settings.kafka.bootstrap_servers)
            .env("VITALS__LAKE__URL", &settings.lake.url)
            .env("VITALS__CONSUMER__LISTEN", "127.0.0.1:0")
            .env("VITALS__CONSUMER__SPOOL__FOLDER", &settings.consumer.spool.folder)
            .env("VITALS__CONSUMER__SPOOL__MIN_FREE_BYTES", "0")
            .env("VITALS__CONSUMER__ROTATION__MAX_ROWS", "40")
            .env("VITALS__CONSUMER__ROTATION__MAX_AGE_MS", "200")
            .env("VITALS__CONSUMER__SESSION_TIMEOUT_MS", "3000")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    async fn wait_for_end(&mut self) {
        let deadline = Instant::now() + TEST_TIMEOUT;
        while self.0.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the process did not end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

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
        Process::start(&world, &format!("{failpoint}:kill:2")).wait_for_end().await;
    }
    let last = Process::start(&world, "");
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
    let consumer = Process::start(&world, failpoints);
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
    let zombie = Process::start(&world, "before_commit:stop:2");
    world.wait_for_rows(40).await;
    // It is suspended in its second commit. After the session timeout its successor is assigned
    // the partition.
    let successor = Process::start(&world, "");
    world.wait_for_rows(100).await;
    zombie.signal("-CONT");
    world.send_readings(0, 100, 200);
    world.wait_for_rows(200).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop((zombie, successor));
    world.assert_exactly_once(&BTreeMap::from([(0, 200)])).await;
}
