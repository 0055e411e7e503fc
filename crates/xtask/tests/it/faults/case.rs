//! A case: a topic, a lake and a consumer group, on a cluster that the cases share.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::consumer_log::{ConsumerLog, JSON_LOG};
use xtask::independent::{self, FINDINGS};
use xtask::services::kafka::create_topics;
use xtask::services::ports::free_ports;
use xtask::{audit, command, paths};

use crate::support::cluster::Cluster;
use crate::support::process::Process;
use crate::support::{EVENTUALLY, seconds, wait_until};

pub(crate) const PARTITIONS: i32 = 4;
const PATIENTS: &str = "40";

/// Counter of readings that a consumer has stored in the lake.
pub(crate) const STORED: &str = "vitals_archive_stored_total";

/// Small batches and short timeouts: many commits to fail in, and short waits.
const SETTINGS: [(&str, &str); 9] = [
    ("CONSUMER__ROLES", "archive"),
    ("CONSUMER__ROTATION__MAX_ROWS", "800"),
    ("CONSUMER__ROTATION__MAX_AGE_MS", "300"),
    // The broker's minimum.
    ("CONSUMER__SESSION_TIMEOUT_MS", "6000"),
    ("CONSUMER__RETRY__MAX_BACKOFF_MS", "1000"),
    ("LAKE__TIMEOUT_MS", "5000"),
    ("KAFKA__REQUEST_TIMEOUT_MS", "5000"),
    ("TELEMETRY__LOG_FILTER", "info,consumer=debug"),
    JSON_LOG,
];

/// A topic and the lake to which it is archived.
pub(crate) struct Case<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) name: String,
    settings: Vec<(String, String)>,
}

/// A consumer of a case.
pub(crate) struct Consumer {
    log: PathBuf,
    pub(crate) process: Process,
    pub(crate) address: String,
}

impl<'a> Case<'a> {
    /// Creates the topic; the lake is a separate folder in HDFS.
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

    /// Adds a setting for every process of the case.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.push((format!("VITALS__{key}"), value.to_owned()));
    }

    /// The spool folder of a host.
    pub(crate) fn spool(&self, host: &str) -> String {
        self.cluster.dir.join("spools").join(&self.name).join(host).display().to_string()
    }

    /// Starts a consumer with armed `failpoints` and `further` settings.
    pub(crate) fn consumer(
        &self,
        tag: &str,
        failpoints: &str,
        further: &[(&str, &str)],
    ) -> Consumer {
        let [port] = free_ports().unwrap();
        let address = format!("127.0.0.1:{port}");
        let mut settings = self.settings.clone();
        settings.push(("VITALS__CONSUMER__LISTEN".to_owned(), address.clone()));
        settings.push(("VITALS_FAULT".to_owned(), failpoints.to_owned()));
        for (key, value) in further {
            settings.push((format!("VITALS__{key}"), (*value).to_owned()));
        }
        let process = self.start("consumer", tag, &[], &settings);
        let log = self.cluster.dir.join(format!("{}.consumer.{tag}.log", self.name));
        Consumer { log, process, address }
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

    /// Starts a producer that sends `count` readings, `rate` per second.
    pub(crate) fn produce(&self, count: u32, rate: u32) -> Process {
        self.simulate(rate, &["--count", &count.to_string()])
    }

    /// Starts a producer that sends `rate` readings per second until [`Case::stop_producer`], for
    /// faults whose duration depends on the machine.
    pub(crate) fn produce_until_stopped(&self, rate: u32) -> Process {
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

    /// Waits until every message is archived, according to the group's offsets or to the lake itself.
    pub(crate) async fn wait_archived(&self, timeout: Duration) {
        let mut last_lag = -1;
        wait_until(&format!("{}: every message is archived", self.name), timeout, async || {
            let lag = self.cluster.lag_of(&self.name, &self.name);
            // An audit takes a second of processor time, so it runs only if the lag is unchanged.
            let is_unchanged = std::mem::replace(&mut last_lag, lag) == lag;
            if lag == 0 || is_unchanged && self.lake_reaches_end() {
                return true;
            }
            tokio::time::sleep(seconds(1)).await;
            false
        })
        .await;
    }

    /// Stops a producer and waits until its readings are archived.
    pub(crate) async fn stop_producer(&self, producer: Process, timeout: Duration) -> Expected<'_> {
        producer.stop().await;
        self.wait_archived(timeout).await;
        let readings = u32::try_from(self.cluster.messages(&self.name)).unwrap();
        Expected { case: self, readings }
    }

    fn lake_reaches_end(&self) -> bool {
        let broker = self.cluster.services.bootstrap_servers();
        self.audit(&[]).is_ok_and(|audit| audit::reaches_end(&audit, &broker, &self.name).unwrap())
    }

    fn command(&self, binary: &str) -> Command {
        let mut command = command::program(paths::binary(binary), &paths::root(), &[]);
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Waits until a producer has sent its readings and they are archived.
    pub(crate) async fn finish(&self, mut producer: Process, timeout: Duration) {
        let status = producer.ended(timeout).await;
        assert!(status.success(), "{}: producer: {status}", self.name);
        self.wait_archived(timeout).await;
    }

    /// Asserts that the lake's own audit has no finding.
    pub(crate) fn assert_audit_clean(&self) {
        self.audit(&[]).unwrap_or_else(|error| panic!("{}: {error:#}", self.name));
    }

    /// Runs the lake's own audit; findings are an error.
    pub(crate) fn audit(&self, args: &[&str]) -> anyhow::Result<Value> {
        audit::run(&mut self.command("consumer"), args)
    }
}

impl Consumer {
    /// Waits until it is ready: it has partitions, and the lake is reachable.
    pub(crate) async fn wait_ready(&self, case: &Case<'_>) {
        case.cluster.wait_ready(&self.address).await;
    }

    /// Waits until it has stored so many `readings`.
    pub(crate) async fn wait_stored(&self, case: &Case<'_>, readings: u32) {
        let description = format!("{}: {readings} readings are stored", case.name);
        wait_until(&description, EVENTUALLY, async || {
            case.cluster.metric(&self.address, STORED).await >= f64::from(readings)
        })
        .await;
    }

    /// Waits until it has a partition.
    pub(crate) async fn wait_assigned(&self, case: &Case<'_>) {
        wait_until(
            &format!("{}: the consumer has a partition", case.name),
            EVENTUALLY,
            async || case.cluster.metric(&self.address, "vitals_archive_partitions").await >= 1.0,
        )
        .await;
    }

    /// Waits for its end and asserts that it killed itself, which proves that the failpoint was hit.
    pub(crate) async fn wait_killed(mut self, case: &Case<'_>) {
        let status: ExitStatus = self.process.ended(EVENTUALLY).await;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(signal, Some(Signal::SIGKILL as i32), "{}: {status}", case.name);
    }

    /// Waits until it has stopped itself with SIGSTOP.
    pub(crate) async fn wait_stalled(&self, case: &Case<'_>) {
        let stat = format!("/proc/{}/stat", self.process.pid());
        wait_until(&format!("{}: the consumer stalls", case.name), EVENTUALLY, async || {
            let stat = std::fs::read_to_string(&stat).unwrap();
            stat.rsplit_once(')').unwrap().1.trim_start().starts_with('T')
        })
        .await;
    }

    /// The events in its log.
    pub(crate) fn log(&self) -> ConsumerLog {
        ConsumerLog::read(&self.log).unwrap()
    }
}

/// Number of readings in a case's topic.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) readings: u32,
}

/// Asserts for every case that the audit is clean and the independent reader finds every reading
/// exactly once.
pub(crate) async fn verify(cluster: &Cluster, cases: &[Expected<'_>]) {
    for expected in cases {
        expected.case.assert_audit_clean();
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

/// Asserts that tables match their topics.
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
