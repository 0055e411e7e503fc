//! One case: a topic, a lake and a consumer group of its own on a cluster that cases share.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::independent::{self, FINDINGS};
use xtask::services::kafka::create_topics;
use xtask::services::ports::free_ports;
use xtask::{audit, command, paths};

use crate::support::cluster::Cluster;
use crate::support::process::Process;
use crate::support::{seconds, wait_until};

pub(crate) const PARTITIONS: i32 = 4;
const PATIENTS: &str = "40";

/// Counts the readings that a consumer has brought into the lake.
pub(crate) const STORED: &str = "vitals_archive_stored_total";

/// Small batches and short timeouts: many steps to fail at, and no waiting for nothing.
const SETTINGS: [(&str, &str); 7] = [
    ("CONSUMER__ROTATION__MAX_ROWS", "800"),
    ("CONSUMER__ROTATION__MAX_AGE_MS", "300"),
    // The broker takes nothing shorter.
    ("CONSUMER__SESSION_TIMEOUT_MS", "6000"),
    ("CONSUMER__RETRY__MAX_BACKOFF_MS", "1000"),
    ("LAKE__TIMEOUT_MS", "5000"),
    ("KAFKA__REQUEST_TIMEOUT_MS", "5000"),
    ("TELEMETRY__LOG_FILTER", "info,consumer=debug"),
];

/// A topic and the lake that it is archived to.
pub(crate) struct Case<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) name: String,
    settings: Vec<(String, String)>,
}

/// A consumer of a case.
pub(crate) struct Consumer {
    pub(crate) process: Process,
    pub(crate) address: String,
}

impl<'a> Case<'a> {
    /// Creates the topic; the lake is a folder of its own in HDFS.
    pub(crate) async fn new(cluster: &'a Cluster, name: &str) -> Self {
        let broker = cluster.services.bootstrap_servers();
        create_topics(&broker, &[(name, PARTITIONS)]).await.unwrap();
        let mut case = Self { cluster, name: name.to_owned(), settings: cluster.settings.clone() };
        case.set("LAKE__URL", &format!("{}/lakes/{name}", cluster.services.hdfs()));
        case.set("KAFKA__TOPICS__VITALS", name);
        case.set("CONSUMER__GROUP_ID", name);
        case.set("CONSUMER__SPOOL__FOLDER", &case.spool("own"));
        for (key, value) in SETTINGS {
            case.set(key, value);
        }
        case
    }

    /// A setting for every process of the case.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.push((format!("VITALS__{key}"), value.to_owned()));
    }

    /// A folder for a host's spool.
    pub(crate) fn spool(&self, host: &str) -> String {
        self.cluster.dir.join("spools").join(&self.name).join(host).display().to_string()
    }

    /// Starts a consumer, with faults in it.
    pub(crate) fn consumer(&self, tag: &str, faults: &str, further: &[(&str, &str)]) -> Consumer {
        let [port] = free_ports().unwrap();
        let address = format!("127.0.0.1:{port}");
        let mut settings = self.settings.clone();
        settings.push(("VITALS__CONSUMER__LISTEN".to_owned(), address.clone()));
        settings.push(("VITALS_FAULT".to_owned(), faults.to_owned()));
        let further =
            further.iter().map(|(key, value)| (format!("VITALS__{key}"), (*value).into()));
        settings.extend(further);
        let process = self.start("consumer", tag, &[], &settings);
        Consumer { process, address }
    }

    fn start(
        &self,
        binary: &str,
        tag: &str,
        args: &[&str],
        settings: &[(String, String)],
    ) -> Process {
        let name = format!("{}.{binary}.{tag}", self.name);
        Process::start(&self.cluster.dir, &name, &paths::binary(binary), args, settings)
    }

    /// Starts a producer that sends `count` readings, `rate` a second.
    pub(crate) fn produce(&self, count: u32, rate: u32) -> Process {
        self.simulate(rate, &["--count", &count.to_string()])
    }

    /// Starts a producer that sends `rate` readings a second until it is [`Case::stopped`]: for
    /// faults of which nobody knows how long a slow machine is busy with them.
    pub(crate) fn produce_on(&self, rate: u32) -> Process {
        self.simulate(rate, &[])
    }

    fn simulate(&self, rate: u32, further: &[&str]) -> Process {
        let [port] = free_ports().unwrap();
        let mut settings = self.settings.clone();
        settings.push(("VITALS__PRODUCER__LISTEN".to_owned(), format!("127.0.0.1:{port}")));
        let rate = rate.to_string();
        let mut args = vec!["simulate", "--patients", PATIENTS, "--rate", &rate];
        args.extend(further);
        self.start("producer", "it", &args, &settings)
    }

    /// Waits until everything is archived, as the group's offsets or else the lake itself have it.
    pub(crate) async fn archived(&self, within: Duration) {
        let mut before = -1;
        wait_until(&format!("{}: all is archived", self.name), within, async || {
            let lag = self.cluster.lag_of(&self.name, &self.name);
            // The audit takes a second of work: only when nothing has moved in the last.
            let stands_still = std::mem::replace(&mut before, lag) == lag;
            lag == 0 || stands_still && self.lake_reaches_end() || {
                tokio::time::sleep(seconds(1)).await;
                false
            }
        })
        .await;
    }

    /// Ends a producer that would go on, and waits until all that it sent is archived.
    pub(crate) async fn stopped(&self, producer: Process, within: Duration) -> Expected<'_> {
        producer.stop().await;
        self.archived(within).await;
        let readings = u32::try_from(self.cluster.messages(&self.name)).unwrap();
        Expected { case: self, readings }
    }

    fn lake_reaches_end(&self) -> bool {
        let broker = self.cluster.services.bootstrap_servers();
        self.audited(&[])
            .is_ok_and(|found| audit::reaches_end(&found, &broker, &self.name).unwrap())
    }

    fn command(&self, binary: &str) -> Command {
        let mut command = command::program(paths::binary(binary), &paths::root(), &[]);
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// The producer has sent everything, and it is archived.
    pub(crate) async fn settled(&self, mut producer: Process, within: Duration) {
        let status = producer.ended(within).await;
        assert!(status.success(), "{}: producer: {status}", self.name);
        self.archived(within).await;
    }

    /// The lake's own audit, which must have no finding.
    pub(crate) fn audit(&self) {
        self.audited(&[]).unwrap_or_else(|error| panic!("{}: {error:#}", self.name));
    }

    /// What the lake's own audit says, or its findings.
    pub(crate) fn audited(&self, args: &[&str]) -> anyhow::Result<Value> {
        audit::run(&mut self.command("consumer"), args)
    }
}

impl Consumer {
    /// Waits until it is ready: it has its partitions and the lake.
    pub(crate) async fn ready(&self, case: &Case<'_>) {
        case.cluster.wait_ready(&self.address).await;
    }

    /// Waits until it has stored so many readings.
    pub(crate) async fn stored(&self, case: &Case<'_>, readings: u32) {
        let what = format!("{}: {readings} readings are stored", case.name);
        wait_until(&what, seconds(60), async || {
            case.cluster.metric(&self.address, STORED).await >= f64::from(readings)
        })
        .await;
    }

    /// Waits until the group has given it a partition.
    pub(crate) async fn assigned(&self, case: &Case<'_>) {
        wait_until(&format!("{}: it has a partition", case.name), seconds(60), async || {
            case.cluster.metric(&self.address, "vitals_archive_partitions").await >= 1.0
        })
        .await;
    }

    /// It dies by its own SIGKILL, which proves that the step was reached.
    pub(crate) async fn killed(mut self, case: &Case<'_>) {
        let status: ExitStatus = self.process.ended(seconds(60)).await;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(signal, Some(Signal::SIGKILL as i32), "{}: {status}", case.name);
    }

    /// Waits until it has stopped itself (SIGSTOP).
    pub(crate) async fn stalled(&self, case: &Case<'_>) {
        let stat = format!("/proc/{}/stat", self.process.pid());
        wait_until(&format!("{}: it stalls", case.name), seconds(60), async || {
            let stat = std::fs::read_to_string(&stat).unwrap();
            stat.rsplit_once(')').unwrap().1.trim_start().starts_with('T')
        })
        .await;
    }
}

/// What was sent to a case's topic.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) readings: u32,
}

/// Every case: the audit is clean, and the independent reader finds every reading once.
pub(crate) async fn verify(cluster: &Cluster, cases: &[Expected<'_>]) {
    for expected in cases {
        expected.case.audit();
    }
    let copy = cluster.dir.join("lakes");
    if copy.exists() {
        std::fs::remove_dir_all(&copy).unwrap();
    }
    cluster.services.copy_out("/lakes", &copy).unwrap();
    let tables: Vec<_> = cases
        .iter()
        .map(|expected| (copy.join(&expected.case.name).join("vitals"), *expected))
        .collect();
    compare(cluster, &tables);
}

/// Compares tables with their topics.
pub(crate) fn compare(cluster: &Cluster, tables: &[(PathBuf, Expected<'_>)]) {
    let broker = cluster.services.bootstrap_servers();
    let pairs: Vec<_> =
        tables.iter().map(|(table, it)| (table.as_path(), it.case.name.as_str())).collect();
    let compared = independent::compare(&broker, &pairs).unwrap();
    for ((_, expected), found) in tables.iter().zip(&compared) {
        check(expected, found);
    }
}

fn check(expected: &Expected<'_>, found: &Value) {
    let name = &expected.case.name;
    for finding in FINDINGS {
        assert_eq!(found[finding], 0, "{name}: {finding}: {found}");
    }
    for what in ["messages", "stored"] {
        assert_eq!(found[what], expected.readings, "{name}: {what}: {found}");
    }
    assert_eq!(found["rejected"], 0, "{name}: {found}");
}
