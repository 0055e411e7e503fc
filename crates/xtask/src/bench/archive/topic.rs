//! The topic that all contestants read: filled once by the producer and kept for the next run.

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
/// Number of partitions.
pub(crate) const PARTITIONS: i32 = 12;
/// Simulated patients. Each has one reading per second, so a batch has some hundred of each.
const PATIENTS: u64 = 5_000;
const SEED: u64 = 7;
/// Timeout of a Kafka request.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(30);

/// The content of the topic. If the requested content differs, the topic is refilled.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    messages: u64,
    patients: u64,
    partitions: i32,
    seed: u64,
}

/// A Kafka instance with the filled topic.
pub(crate) struct Topic {
    services: Services,
    /// Messages in the topic.
    pub(crate) messages: u64,
}

impl Topic {
    /// Starts the bench's own Kafka and fills the topic unless it has the requested content.
    pub(crate) async fn prepare(messages: u64, fresh: bool) -> Result<Self> {
        let dir = folder().join("kafka");
        let content = Content { messages, patients: PATIENTS, partitions: PARTITIONS, seed: SEED };
        let stamp = dir.join("content.json");
        let is_filled = fs::read(&stamp)
            .ok()
            .and_then(|text| serde_json::from_slice::<Content>(&text).ok())
            .is_some_and(|have| have == content);
        // Another content needs a new Kafka: messages can't be removed selectively.
        if dir.exists() && (fresh || !is_filled) {
            fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
        }
        let topics = [(NAME, PARTITIONS), ("vitals.rejected", 1)];
        let services =
            Services::start_kafka(&dir, Ports::free()?, Lifetime::Bound, &topics).await?;
        let topic = Self { services, messages };
        if !stamp.exists() {
            say!("filling topic {NAME}: {messages} readings of {PATIENTS} patients");
            topic.fill(&dir)?;
            // The stamp is written last, so that an interrupted run starts over.
            fs::write(&stamp, serde_json::to_vec(&content)?).context("writing the stamp")?;
        }
        // Verify: a topic truncated by retention would distort the figures.
        let found = topic.count_messages()?;
        ensure!(found == messages, "the topic has {found} messages, not {messages}: use --fresh");
        Ok(topic)
    }

    fn fill(&self, dir: &Path) -> Result<()> {
        let log = File::create(dir.join("producer.log")).context("creating the producer's log")?;
        // Simulated time advances by a second per round of patients and ends now: the consumer
        // rejects timestamps in the future.
        #[expect(clippy::disallowed_methods, reason = "the readings carry current timestamps")]
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

    fn count_messages(&self) -> Result<u64> {
        let mut config = ClientConfig::new();
        let consumer: BaseConsumer = config.set("bootstrap.servers", self.bootstrap()).create()?;
        let mut count = 0;
        for partition in 0..PARTITIONS {
            let (low, high) = consumer.fetch_watermarks(NAME, partition, KAFKA_TIMEOUT)?;
            count += u64::try_from(high - low)?;
        }
        Ok(count)
    }

    /// The bootstrap address.
    pub(crate) fn bootstrap(&self) -> String {
        self.services.bootstrap_servers()
    }

    /// Mean bytes of an uncompressed message, over the first 50,000.
    pub(crate) fn message_bytes(&self) -> Result<f64> {
        let drained = super::drain::drain(&self.bootstrap(), NAME, self.messages.min(50_000))?;
        #[expect(clippy::cast_precision_loss, reason = "an average")]
        Ok(drained.bytes as f64 / drained.messages as f64)
    }

    /// Processor time used by the broker, seconds.
    pub(crate) fn broker_cpu_s(&self) -> f64 {
        self.services.kafka.running().map_or(0.0, |id| Usage::of(id.pid).cpu_s)
    }

    /// Stops the broker in an orderly way, so that the next start needs no recovery.
    pub(crate) async fn close(self) -> Result<()> {
        self.services.stop().await.map(|_| ())
    }
}

/// Creates the folder `target/bench/NAME`, empty.
pub(crate) fn empty_folder(name: &str) -> Result<PathBuf> {
    let dir = folder().join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    Ok(dir)
}
