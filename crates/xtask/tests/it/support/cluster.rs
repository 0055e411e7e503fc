//! A Kafka, an HDFS, and the settings for services that use them.

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

/// Timeout of a Kafka request.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(10);

/// A test's own Kafka and HDFS, which end with the test.
pub(crate) struct Cluster {
    pub(crate) services: Services,
    pub(crate) client: Client,
    pub(crate) dashboard: String,
    pub(crate) consumer: String,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) dir: PathBuf,
}

impl Cluster {
    /// Starts Kafka and HDFS in the emptied folder `target/e2e/TEST`.
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

    /// Starts a service with the settings of the cluster and further ones (`SECTION__KEY`).
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

    /// A counter or gauge of the consumer; 0 if absent.
    pub(crate) async fn consumer_metric(&self, name: &str, label: &str) -> f64 {
        self.labelled_metric(&self.consumer, name, label).await
    }

    /// A counter or gauge of the service at `address`, summed over its labels; 0 if absent.
    pub(crate) async fn metric(&self, address: &str, name: &str) -> f64 {
        self.labelled_metric(address, name, "").await
    }

    async fn labelled_metric(&self, address: &str, name: &str, label: &str) -> f64 {
        let scrape = Scrape::of(&self.client, address).await;
        scrape.ok().and_then(|scrape| scrape.sum(name, label)).unwrap_or(0.0)
    }

    /// Lag of the archive's consumer group.
    pub(crate) fn lag(&self) -> i64 {
        self.lag_of(GROUP, TOPIC)
    }

    /// Lag of a consumer group on a topic: messages past its committed offsets.
    pub(crate) fn lag_of(&self, group: &str, topic: &str) -> i64 {
        let consumer = self.kafka(group);
        let committed =
            consumer.committed_offsets(partitions(&consumer, topic), KAFKA_TIMEOUT).unwrap();
        let mut lag = 0;
        for partition in committed.elements() {
            let (low, high) = watermarks(&consumer, topic, partition.partition());
            lag += match partition.offset() {
                Offset::Offset(offset) => high - offset,
                _ => high - low,
            };
        }
        lag
    }

    /// Number of messages in a topic.
    pub(crate) fn messages(&self, topic: &str) -> i64 {
        let consumer = self.kafka(GROUP);
        let mut messages = 0;
        for partition in partitions(&consumer, topic).elements() {
            let (low, high) = watermarks(&consumer, topic, partition.partition());
            messages += high - low;
        }
        messages
    }

    fn kafka(&self, group: &str) -> BaseConsumer {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.services.bootstrap_servers()).set("group.id", group);
        config.create().unwrap()
    }

    pub(crate) async fn wait_archived(&self) {
        wait_until("the archive has caught up", seconds(120), async || self.lag() == 0).await;
    }

    /// Copies the table out of HDFS with Hadoop's own client.
    pub(crate) fn table(&self) -> PathBuf {
        let copy = self.dir.join("table");
        if copy.exists() {
            fs::remove_dir_all(&copy).unwrap();
        }
        self.services.copy_out("/lake/vitals", &copy).unwrap();
        copy
    }

    /// Every row of the table, read by the independent reader.
    pub(crate) fn rows(&self) -> Vec<Value> {
        let table = self.table().display().to_string();
        let rows = independent::run("read_table.py", &[&table]).unwrap();
        rows.as_array().unwrap().clone()
    }
}

fn watermarks(consumer: &BaseConsumer, topic: &str, partition: i32) -> (i64, i64) {
    consumer.fetch_watermarks(topic, partition, KAFKA_TIMEOUT).unwrap()
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> TopicPartitionList {
    let metadata = consumer.fetch_metadata(Some(topic), KAFKA_TIMEOUT).unwrap();
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        list.add_partition(topic, partition.id());
    }
    list
}

/// The lock of the run that uses the folders; another run in the same tree waits for its end.
static FOLDERS: OnceLock<File> = OnceLock::new();

/// Creates the folder `target/e2e/TEST`, empty.
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
