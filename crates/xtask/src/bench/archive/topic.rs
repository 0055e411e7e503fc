//! The topic that everybody reads: filled once by the producer, kept for the next run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use serde::{Deserialize, Serialize};

use crate::bench::{folder, release, sampler::Usage};
use crate::services::ports::free_ports;
use crate::services::{Lifetime, Ports, Services};
use crate::{paths, process, say};

/// The topic's name.
pub(crate) const NAME: &str = "vitals";
/// Its partitions.
pub(crate) const PARTITIONS: i32 = 12;
/// Simulated patients. Each has a reading a second, so a batch has some hundred of each.
const PATIENTS: u64 = 5_000;
const SEED: u64 = 7;
const WAIT: Duration = Duration::from_secs(30);

/// What the topic was filled with; another wish fills it anew.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    messages: u64,
    patients: u64,
    partitions: i32,
    seed: u64,
}

/// A Kafka with the filled topic.
pub(crate) struct Topic {
    services: Services,
    /// Messages in the topic.
    pub(crate) messages: u64,
}

impl Topic {
    /// Starts the bench's own Kafka, and fills the topic unless it holds just that.
    pub(crate) async fn prepare(messages: u64, fresh: bool) -> Result<Self> {
        let dir = folder().join("kafka");
        let content = Content { messages, patients: PATIENTS, partitions: PARTITIONS, seed: SEED };
        let stamp = dir.join("content.json");
        let is_there = fs::read(&stamp)
            .ok()
            .and_then(|text| serde_json::from_slice::<Content>(&text).ok())
            .is_some_and(|have| have == content);
        if dir.exists() && (fresh || !is_there) {
            fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
        }
        let topics = [(NAME, PARTITIONS), ("vitals.rejected", 1)];
        let services =
            Services::start_kafka(&dir, Ports::free()?, Lifetime::Bound, &topics).await?;
        let topic = Self { services, messages };
        if !stamp.exists() {
            say!("filling topic {NAME}: {messages} readings of {PATIENTS} patients");
            topic.fill(&dir)?;
            // The stamp goes last: an interrupted run fills it anew.
            fs::write(&stamp, serde_json::to_vec(&content)?).context("writing the stamp")?;
        }
        let held = topic.held()?;
        ensure!(held == messages, "the topic holds {held} messages, not {messages}: use --fresh");
        Ok(topic)
    }

    fn fill(&self, dir: &Path) -> Result<()> {
        let log = File::create(dir.join("producer.log")).context("creating the producer's log")?;
        // Simulated time goes on from here a second a round; it stays within what the consumer
        // doubts about times.
        #[expect(clippy::disallowed_methods, reason = "the readings claim to be from now")]
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let start_ms = now_ms - u128::from(self.messages / PATIENTS * 1000);
        let [port] = free_ports()?;
        let mut command = Command::new(release::binary("producer")?);
        command
            .args(["simulate", "--rate", "0"])
            .args(["--patients", &PATIENTS.to_string(), "--seed", &SEED.to_string()])
            .args(["--count", &self.messages.to_string(), "--start-ms", &start_ms.to_string()])
            .env("VITALS__KAFKA__BOOTSTRAP_SERVERS", self.bootstrap())
            .env("VITALS__PRODUCER__LISTEN", format!("127.0.0.1:{port}"))
            .current_dir(paths::root())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let status = command.status().context("starting the producer")?;
        ensure!(
            status.success(),
            "the producer failed ({status}); its log is in {}",
            dir.display()
        );
        Ok(())
    }

    fn held(&self) -> Result<u64> {
        let mut config = ClientConfig::new();
        let consumer: BaseConsumer = config.set("bootstrap.servers", self.bootstrap()).create()?;
        let mut held = 0;
        for partition in 0..PARTITIONS {
            let (low, high) = consumer.fetch_watermarks(NAME, partition, WAIT)?;
            held += u64::try_from(high - low)?;
        }
        Ok(held)
    }

    /// Where clients find it.
    pub(crate) fn bootstrap(&self) -> String {
        self.services.bootstrap_servers()
    }

    /// Bytes of a message on average, uncompressed, of the first thousands.
    pub(crate) fn message_bytes(&self) -> Result<f64> {
        let counted = super::drain::drain(&self.bootstrap(), NAME, self.messages.min(50_000))?;
        #[expect(clippy::cast_precision_loss, reason = "an average")]
        Ok(counted.bytes as f64 / counted.messages as f64)
    }

    /// Processor time of the broker so far, seconds.
    pub(crate) fn broker_cpu_s(&self) -> f64 {
        self.services.kafka.running().map_or(0.0, |id| Usage::of(id.pid).cpu_s)
    }

    /// Stops the broker in an orderly way, so that the next one starts at once.
    pub(crate) async fn close(self) -> Result<()> {
        self.services.stop().await.map(|_| ())
    }
}

/// `target/bench/NAME`, empty.
pub(crate) fn empty_folder(name: &str) -> Result<PathBuf> {
    let dir = folder().join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    Ok(dir)
}
