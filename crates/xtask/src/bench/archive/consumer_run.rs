//! The release build of the consumer, with its default settings except the maximum age of a batch.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::process::Child;

use super::comparison::Outcome;
use super::delta;
use super::topic::{NAME, Topic, empty_folder};
use crate::bench::{release, sampler::Sampler};
use crate::consumer_log::{ConsumerLog, JSON_LOG};
use crate::scrape::Scrape;
use crate::services::ports::free_ports;
use crate::{command, http, paths, process, say};

/// Timeout without progress.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(120);
/// The topic ends in the middle of a batch, which by default would wait 5 s for further messages.
const MAX_AGE_MS: &str = "1000";
/// Interval between two scrapes of its metrics.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A run of the consumer in a folder of its own.
pub(crate) struct ConsumerRun {
    pub(crate) address: String,
    pub(crate) child: Child,
    group: String,
    settings: Vec<(String, String)>,
    log: PathBuf,
    lake: PathBuf,
    started: SystemTime,
}

impl ConsumerRun {
    /// Starts the consumer with an empty lake in `target/bench/NAME` and `further` settings.
    pub(crate) fn start(name: &str, bootstrap: &str, further: &[(&str, String)]) -> Result<Self> {
        let dir = empty_folder(name)?;
        let [port] = free_ports()?;
        let address = format!("127.0.0.1:{port}");
        let lake = dir.join("lake");
        let group = format!("vitals-bench-{}", std::process::id());
        let settings = [
            ("KAFKA__BOOTSTRAP_SERVERS", bootstrap.to_owned()),
            ("LAKE__URL", lake.display().to_string()),
            // The archive alone: the watch reads the same topic and would take processor time.
            ("CONSUMER__ROLES", "archive".to_owned()),
            ("CONSUMER__SPOOL__FOLDER", dir.join("spool").display().to_string()),
            ("CONSUMER__LISTEN", address.clone()),
            ("CONSUMER__GROUP_ID", group.clone()),
            (JSON_LOG.0, JSON_LOG.1.to_owned()),
        ];
        let settings: Vec<_> = settings
            .iter()
            .chain(further)
            .map(|(key, value)| (format!("VITALS__{key}"), value.clone()))
            .collect();
        // The log has the time of the first assignment.
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
        #[expect(
            clippy::disallowed_methods,
            reason = "compared with the times of log events and files"
        )]
        let started = SystemTime::now();
        let child = tokio::process::Command::from(command).spawn().context("starting consumer")?;
        Ok(Self { address, child, group, settings, log, lake, started })
    }

    pub(crate) fn pid(&self) -> Result<i32> {
        Ok(i32::try_from(self.child.id().context("the consumer has ended")?)?)
    }

    /// The consumer group of the archive.
    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    /// Waits until the consumer has its partitions and the lake is reachable.
    pub(crate) async fn until_ready(&mut self) -> Result<()> {
        let client = http::client()?;
        let url = format!("http://{}/ready", self.address);
        let start = Instant::now();
        while http::get_json(&client, &url).await.is_err() {
            ensure!(
                start.elapsed() < PROGRESS_TIMEOUT,
                "the consumer is not ready; see {}",
                self.log.display()
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Waits until `readings` readings are committed.
    pub(crate) async fn until_committed(&mut self, readings: u64) -> Result<()> {
        let client = http::client()?;
        let mut last_committed = 0.0;
        // A limit on the time without progress, not on the whole run, which depends on the machine.
        let mut last_progress = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the consumer ended ({status}); see {}", self.log.display());
            }
            // A scrape may fail while the consumer starts.
            let committed = match Scrape::of(&client, &self.address).await {
                Ok(scrape) => committed(&scrape),
                Err(_) => 0.0,
            };
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            if committed >= readings as f64 {
                return Ok(());
            }
            if committed > last_committed {
                last_committed = committed;
                last_progress = Instant::now();
            }
            ensure!(
                last_progress.elapsed() < PROGRESS_TIMEOUT,
                "{committed} of {readings} readings committed, then none for {} s; see {}",
                PROGRESS_TIMEOUT.as_secs(),
                self.log.display()
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Stops the consumer in an orderly way.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        kill(Pid::from_raw(self.pid()?), Signal::SIGTERM)?;
        let status = tokio::time::timeout(PROGRESS_TIMEOUT, self.child.wait())
            .await
            .context("the consumer does not stop")??;
        ensure!(status.success(), "the consumer failed ({status}); see {}", self.log.display());
        Ok(())
    }

    /// Runs another command of the consumer on the same lake and returns its output.
    pub(crate) fn run_command(&self, args: &[&str]) -> Result<String> {
        let mut command = command::program(release::binary("consumer")?, &paths::root(), args);
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command::output(&mut command)
    }

    /// Folder of the table.
    pub(crate) fn table(&self) -> PathBuf {
        self.lake.join("vitals")
    }
}

/// Readings committed to the lake, according to the consumer's counters. Neither rejected messages
/// nor those of other topics are readings.
fn committed(scrape: &Scrape) -> f64 {
    let topic = format!("topic=\"{NAME}\"");
    scrape.sum("vitals_archive_stored_total", &topic).unwrap_or(0.0)
}

/// Archives the whole topic and verifies that the table is complete.
pub(super) async fn measure(topic: &Topic) -> Result<Outcome> {
    let further = [("CONSUMER__ROTATION__MAX_AGE_MS", MAX_AGE_MS.to_owned())];
    // Archive the topic.
    let mut run = ConsumerRun::start("ours", &topic.bootstrap(), &further)?;
    let sampler = Sampler::start(run.pid()?);
    let committed = run.until_committed(topic.messages).await;
    let samples = sampler.stop();
    committed?;
    run.stop().await?;
    // The end is the time of the last commit, not of the last scrape.
    let commits = delta::commits(&run.table())?;
    let writes = commits.iter().filter(|commit| !commit.positions.is_empty());
    let end = writes.clone().map(|commit| commit.time).max().context("no commit")?;
    // Verify the table before and after compaction.
    audit(&run, topic.messages)?;
    let (_, bytes) = delta::live_files(&commits);
    run.run_command(&["maintain"])?;
    audit(&run, topic.messages)?;
    let (_, compacted) = delta::live_files(&delta::commits(&run.table())?);
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    let messages = topic.messages as f64;
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    let compacted = compacted as f64;
    let rate = messages / end.duration_since(run.started)?.as_secs_f64();
    Ok(Outcome {
        messages: topic.messages,
        time: end.duration_since(ConsumerLog::read(&run.log)?.first_assignment()?)?,
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

/// Runs the lake's own audit, and checks the number of stored readings.
fn audit(run: &ConsumerRun, messages: u64) -> Result<()> {
    let audit: Value = serde_json::from_str(&run.run_command(&["audit", "--json"])?)?;
    let partitions = audit["partitions"].as_array().context("the audit has no partitions")?;
    let stored: u64 = partitions.iter().filter_map(|it| it["stored"].as_u64()).sum();
    let rejected: u64 = partitions.iter().filter_map(|it| it["rejected"].as_u64()).sum();
    ensure!(
        stored == messages && rejected == 0,
        "{stored} of {messages} readings are stored and {rejected} were rejected"
    );
    say!("audit: clean, {stored} readings in {} partitions", partitions.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_readings_count_as_committed() {
        let scrape = Scrape::from(
            "vitals_archive_stored_total{topic=\"vitals\"} 40\n\
             vitals_archive_stored_total{topic=\"predictions\"} 7\n\
             vitals_archive_rejected_total{topic=\"vitals\",reason=\"not_json\"} 5\n",
        );
        assert_eq!(committed(&scrape), 40.0);
    }
}
