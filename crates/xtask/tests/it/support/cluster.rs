//! A Kafka, an HDFS and services with settings for them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use reqwest::Client;
use serde_json::Value;
use xtask::scrape::Scrape;
use xtask::services::ports::free_ports;
use xtask::services::{Lifetime, Ports, Services};
use xtask::{http, independent, paths};

use super::process::Process;
use super::{seconds, wait_until};

pub(crate) const TOPIC: &str = "vitals";
pub(crate) const GROUP: &str = "vitals-archive";

/// How long Kafka may take to answer a question.
const WAIT: Duration = Duration::from_secs(10);

/// The test's own Kafka and HDFS; they end with the test.
pub(crate) struct Cluster {
    pub(crate) services: Services,
    pub(crate) client: Client,
    pub(crate) dashboard: String,
    pub(crate) consumer: String,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) dir: PathBuf,
}

impl Cluster {
    /// Starts both in `target/e2e/TEST`, which is emptied first.
    pub(crate) async fn start(test: &str) -> Self {
        let dir = empty_folder(test);
        let ports = Ports::free().unwrap();
        let services =
            Services::start(&dir.join("services"), ports, Lifetime::Bound).await.unwrap();
        let addresses = free_ports::<4>().unwrap().map(|port| format!("127.0.0.1:{port}"));
        let [producer, consumer, model_server, dashboard] = addresses;
        let settings = [
            ("KAFKA__BOOTSTRAP_SERVERS", services.bootstrap_servers()),
            ("LAKE__URL", format!("{}/lake", services.hdfs())),
            ("CONSUMER__SPOOL__FOLDER", dir.join("spool").display().to_string()),
            ("PRODUCER__LISTEN", producer),
            ("CONSUMER__LISTEN", consumer.clone()),
            ("MODEL_SERVER__LISTEN", model_server.clone()),
            ("DASHBOARD__LISTEN", dashboard.clone()),
            ("DASHBOARD__MODEL_SERVER_URL", format!("http://{model_server}")),
        ];
        let settings =
            settings.into_iter().map(|(key, value)| (format!("VITALS__{key}"), value)).collect();
        let client = http::client().unwrap();
        Self { services, client, dashboard, consumer, settings, dir }
    }

    /// Starts a service against them, with further settings (`SECTION__KEY`).
    pub(crate) fn spawn(&self, name: &str, args: &[&str], further: &[(&str, &str)]) -> Process {
        let mut settings = self.settings.clone();
        settings.extend(
            further.iter().map(|(key, value)| (format!("VITALS__{key}"), (*value).to_owned())),
        );
        let binary = name.split('.').next().unwrap();
        Process::start(&self.dir, name, &paths::binary(binary), args, &settings)
    }

    pub(crate) async fn get(&self, address: &str, path: &str) -> Option<Value> {
        http::get_json(&self.client, &format!("http://{address}{path}")).await.ok()
    }

    pub(crate) async fn wait_ready(&self, address: &str) {
        wait_until(&format!("{address} is ready"), seconds(60), async || {
            self.get(address, "/ready").await.is_some()
        })
        .await;
    }

    /// A counter or gauge of the consumer; 0 while there is none.
    pub(crate) async fn consumer_metric(&self, name: &str, label: &str) -> f64 {
        let scrape = Scrape::of(&self.client, &self.consumer).await;
        scrape.ok().and_then(|scrape| scrape.sum(name, label)).unwrap_or(0.0)
    }

    /// A counter or gauge of whoever listens at `address`, summed over its labels; 0 while there
    /// is none.
    pub(crate) async fn metric(&self, address: &str, name: &str) -> f64 {
        let scrape = Scrape::of(&self.client, address).await;
        scrape.ok().and_then(|scrape| scrape.sum(name, "")).unwrap_or(0.0)
    }

    /// Messages that Kafka holds beyond what the archive has committed to its group.
    pub(crate) fn lag(&self) -> i64 {
        self.lag_of(GROUP, TOPIC)
    }

    /// The same of another group and topic.
    pub(crate) fn lag_of(&self, group: &str, topic: &str) -> i64 {
        let consumer = self.kafka(group);
        let committed = consumer.committed_offsets(partitions(&consumer, topic), WAIT).unwrap();
        let behind = committed.elements().into_iter().map(|it| {
            let (low, high) = consumer.fetch_watermarks(topic, it.partition(), WAIT).unwrap();
            match it.offset() {
                Offset::Offset(offset) => high - offset,
                _ => high - low,
            }
        });
        behind.sum()
    }

    /// Messages that a topic holds.
    pub(crate) fn messages(&self, topic: &str) -> i64 {
        let consumer = self.kafka(GROUP);
        let partitions = partitions(&consumer, topic);
        let held = partitions.elements().into_iter().map(|it| {
            let (low, high) = consumer.fetch_watermarks(topic, it.partition(), WAIT).unwrap();
            high - low
        });
        held.sum()
    }

    fn kafka(&self, group: &str) -> BaseConsumer {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.services.bootstrap_servers()).set("group.id", group);
        config.create().unwrap()
    }

    pub(crate) async fn wait_archived(&self) {
        wait_until("the archive has caught up", seconds(120), async || self.lag() == 0).await;
    }

    /// The table as Hadoop's own client copies it out of HDFS.
    pub(crate) fn table(&self) -> PathBuf {
        let copy = self.dir.join("table");
        if copy.exists() {
            fs::remove_dir_all(&copy).unwrap();
        }
        self.services.copy_out("/lake/vitals", &copy).unwrap();
        copy
    }

    /// Every row of the table, as an independent reader has it.
    pub(crate) fn rows(&self) -> Vec<Value> {
        let answer =
            independent::run("read_table.py", &[&self.table().display().to_string()]).unwrap();
        answer.as_array().unwrap().clone()
    }
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> TopicPartitionList {
    let metadata = consumer.fetch_metadata(Some(topic), WAIT).unwrap();
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        list.add_partition(topic, partition.id());
    }
    list
}

/// Held by the run that uses the folders; another run in the same tree waits for its end.
static FOLDERS: OnceLock<File> = OnceLock::new();

/// `target/e2e/TEST`, empty.
pub(crate) fn empty_folder(test: &str) -> PathBuf {
    FOLDERS.get_or_init(|| {
        let file = File::create(paths::target().join("e2e.lock")).unwrap();
        file.lock().unwrap();
        file
    });
    let dir: PathBuf = Path::new(&paths::target()).join("e2e").join(test);
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    fs::create_dir_all(&dir).unwrap();
    dir
}
