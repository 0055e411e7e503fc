//! Our consumer's release binary, with its settings as they are shipped but for the batch's age.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::process::Child;

use super::comparison::Outcome;
use super::delta;
use super::topic::{Topic, empty_folder};
use crate::bench::{release, sampler::Sampler};
use crate::scrape::Scrape;
use crate::services::ports::free_ports;
use crate::{command, http, paths, process, say};

/// Longest time without progress.
const PATIENCE: Duration = Duration::from_secs(120);
/// The topic ends in the middle of a batch, which would then wait 5 s for messages that never come.
const MAX_AGE_MS: &str = "1000";
/// Time between two looks at its metrics.
const LOOK: Duration = Duration::from_millis(100);

/// One run of the consumer, in a folder of its own.
pub(crate) struct ConsumerRun {
    pub(crate) address: String,
    pub(crate) child: Child,
    settings: Vec<(String, String)>,
    log: PathBuf,
    lake: PathBuf,
    started: SystemTime,
}

impl ConsumerRun {
    /// Starts it with an empty lake in `target/bench/NAME`, and with `further` settings.
    pub(crate) fn start(name: &str, bootstrap: &str, further: &[(&str, String)]) -> Result<Self> {
        let dir = empty_folder(name)?;
        let [port] = free_ports()?;
        let address = format!("127.0.0.1:{port}");
        let lake = dir.join("lake");
        let settings = [
            ("KAFKA__BOOTSTRAP_SERVERS", bootstrap.to_owned()),
            ("LAKE__URL", lake.display().to_string()),
            ("CONSUMER__SPOOL__FOLDER", dir.join("spool").display().to_string()),
            ("CONSUMER__LISTEN", address.clone()),
            ("CONSUMER__GROUP_ID", format!("vitals-bench-{}", std::process::id())),
            ("TELEMETRY__LOG_FORMAT", "json".to_owned()),
        ];
        let settings: Vec<_> = settings
            .iter()
            .chain(further)
            .map(|(key, value)| (format!("VITALS__{key}"), value.clone()))
            .collect();
        let log = dir.join("consumer.log");
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut command = std::process::Command::new(release::binary("consumer")?);
        command
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .current_dir(paths::root())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        #[expect(clippy::disallowed_methods, reason = "compared with the times of log and files")]
        let started = SystemTime::now();
        let child = tokio::process::Command::from(command).spawn().context("starting consumer")?;
        Ok(Self { address, child, settings, log, lake, started })
    }

    pub(crate) fn pid(&self) -> Result<i32> {
        Ok(i32::try_from(self.child.id().context("the consumer has ended")?)?)
    }

    /// Waits until it has its partitions and the lake.
    pub(crate) async fn until_ready(&mut self) -> Result<()> {
        let (client, url) = (http::client()?, format!("http://{}/ready", self.address));
        let start = Instant::now();
        while http::get_json(&client, &url).await.is_err() {
            ensure!(start.elapsed() < PATIENCE, "not ready; see {}", self.log.display());
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits until it has committed `messages`.
    pub(crate) async fn until_committed(&mut self, messages: u64) -> Result<()> {
        let client = http::client()?;
        let (mut seen, mut since) = (0.0, Instant::now());
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the consumer ended ({status}); see {}", self.log.display());
            }
            let scrape = Scrape::of(&client, &self.address).await.ok();
            let sum = |name| scrape.as_ref().and_then(|it| it.sum(name, "")).unwrap_or(0.0);
            let committed =
                sum("vitals_archive_stored_total") + sum("vitals_archive_rejected_total");
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            if committed >= messages as f64 {
                return Ok(());
            }
            if committed > seen {
                (seen, since) = (committed, Instant::now());
            }
            ensure!(
                since.elapsed() < PATIENCE,
                "{committed} of {messages} committed and then nothing for {} s; see {}",
                PATIENCE.as_secs(),
                self.log.display()
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends it in an orderly way.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        kill(Pid::from_raw(self.pid()?), Signal::SIGTERM)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .context("the consumer does not stop")??;
        ensure!(status.success(), "the consumer failed ({status}); see {}", self.log.display());
        Ok(())
    }

    /// Runs another of its commands on the same lake; what it prints.
    pub(crate) fn tool(&self, args: &[&str]) -> Result<String> {
        let mut tool = command::program(release::binary("consumer")?, &paths::root(), args);
        tool.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command::output(&mut tool)
    }

    /// When it could read its first message: the time of the log line that says so.
    fn assigned(&self) -> Result<SystemTime> {
        let log = fs::read_to_string(&self.log)?;
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let line = lines.find(|line| line["message"] == "assigned");
        let line = line.with_context(|| format!("no assignment in {}", self.log.display()))?;
        let time = line["timestamp"].as_str().context("a log line without a time")?;
        let time: jiff::Timestamp = time.parse().context("the time of a log line")?;
        Ok(UNIX_EPOCH + Duration::from_micros(u64::try_from(time.as_microsecond())?))
    }

    /// The table's folder.
    pub(crate) fn table(&self) -> PathBuf {
        self.lake.join("vitals")
    }
}

/// Reads the whole topic, and proves that it is all there.
pub(super) async fn measure(topic: &Topic) -> Result<Outcome> {
    let further = [("CONSUMER__ROTATION__MAX_AGE_MS", MAX_AGE_MS.to_owned())];
    let mut run = ConsumerRun::start("ours", &topic.bootstrap(), &further)?;
    let sampler = Sampler::start(run.pid()?);
    let committed = run.until_committed(topic.messages).await;
    let samples = sampler.stop();
    committed?;
    run.stop().await?;
    let commits = delta::commits(&run.table())?;
    let writes = commits.iter().filter(|commit| !commit.positions.is_empty());
    let end = writes.clone().map(|commit| commit.time).max().context("no commit")?;
    audit(&run, topic.messages)?;
    let (_, bytes) = delta::live(&commits);
    run.tool(&["maintain"])?;
    audit(&run, topic.messages)?;
    let (_, compacted) = delta::live(&delta::commits(&run.table())?);
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    let (messages, compacted) = (topic.messages as f64, compacted as f64);
    let rate = messages / end.duration_since(run.started)?.as_secs_f64();
    Ok(Outcome {
        messages: topic.messages,
        time: end.duration_since(run.assigned()?)?,
        usage: samples.total(),
        bytes,
        further: vec![
            ("with_start_msgs_per_s", rate),
            ("bytes_per_reading_compacted", compacted / messages),
            ("commits", f64::from(u32::try_from(writes.count())?)),
            ("rss_half_way_mib", samples.rss_mib_at(0.5)),
            ("rss_at_end_mib", samples.rss_mib_at(1.0)),
        ],
    })
}

/// The lake's own proof, and that the count is the topic's.
fn audit(run: &ConsumerRun, messages: u64) -> Result<()> {
    let audit: Value = serde_json::from_str(&run.tool(&["audit", "--json"])?)?;
    let partitions = audit["partitions"].as_array().context("an audit without partitions")?;
    let count = |name: &str| partitions.iter().filter_map(|it| it[name].as_u64()).sum::<u64>();
    let (stored, rejected) = (count("stored"), count("rejected"));
    ensure!(
        stored == messages && rejected == 0,
        "{stored} of {messages} readings are in the lake, and {rejected} were rejected"
    );
    say!("audit: clean, {stored} readings in {} partitions", partitions.len());
    Ok(())
}
