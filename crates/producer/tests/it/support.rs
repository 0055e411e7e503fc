//! A broker, a running producer, and the messages in the topic.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use producer::{Command, Job, run};
use rdkafka::{
    Message as _,
    consumer::{BaseConsumer, Consumer as _},
    message::BorrowedMessage,
    mocking::MockCluster,
    producer::DefaultProducerContext,
    topic_partition_list::{Offset, TopicPartitionList},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::decode::{DecodeOptions, decode},
    runtime::{config::Settings, kafka::partitions, kafka::reader_config, telemetry},
};

pub(crate) type Broker = MockCluster<'static, DefaultProducerContext>;

/// Timeout of every wait.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// A broker that has the topic of readings.
pub(crate) fn broker() -> Broker {
    let broker = empty_broker();
    broker.create_topic(&Settings::default().kafka.topics.vitals, 3, 1).unwrap();
    broker
}

/// A broker without topics. It lacks the request to create one, and creates topics on a metadata
/// request.
pub(crate) fn empty_broker() -> Broker {
    MockCluster::new(1).unwrap()
}

pub(crate) fn settings(broker: &Broker) -> Settings {
    let mut settings = Settings::default();
    settings.kafka.bootstrap_servers = broker.bootstrap_servers();
    settings
}

/// A producer running in this process, on a free port.
pub(crate) struct RunningProducer {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    handle: JoinHandle<anyhow::Result<()>>,
}

impl RunningProducer {
    pub(crate) async fn start(settings: Settings, command: Command) -> Self {
        telemetry::start_metrics();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let job = Job { create_topic_partitions: 6, command };
        let handle = tokio::spawn(run(settings, job, listener, shutdown.clone()));
        Self { address, shutdown, handle }
    }

    /// Waits for its end and returns the outcome.
    pub(crate) async fn ended(self) -> anyhow::Result<()> {
        tokio::time::timeout(TIMEOUT, self.handle).await.expect("the producer did not end").unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(format!("http://{}{path}", self.address)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Polls `GET path` until `condition` accepts the status and body, and returns the body.
    pub(crate) async fn wait_for(
        &self,
        path: &str,
        condition: impl Fn(u16, &str) -> bool,
    ) -> String {
        let until = tokio::time::Instant::now() + TIMEOUT;
        loop {
            let (status, body) = self.get(path).await;
            if condition(status, &body) {
                return body;
            }
            assert!(tokio::time::Instant::now() < until, "{path}: {status} {body}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The JSON values of a topic, partition by partition.
pub(crate) async fn values(settings: &Settings, topic: &str) -> Vec<serde_json::Value> {
    let settings = settings.clone();
    let topic = topic.to_owned();
    let payloads = tokio::task::spawn_blocking(move || {
        read(&settings, &topic, |message| message.payload().unwrap().to_vec())
    });
    payloads.await.unwrap().iter().map(|payload| serde_json::from_slice(payload).unwrap()).collect()
}

/// A message of the topic, decoded.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) partition: i32,
    pub(crate) key: String,
    pub(crate) patient_id: String,
    pub(crate) sequence: i64,
    pub(crate) time_ms: i64,
}

/// Every message of the topic, partition by partition.
pub(crate) async fn received(settings: &Settings) -> Vec<Received> {
    let settings = settings.clone();
    let topic = settings.kafka.topics.vitals.clone();
    tokio::task::spawn_blocking(move || read(&settings, &topic, decoded)).await.unwrap()
}

fn decoded(message: &BorrowedMessage<'_>) -> Received {
    let options = DecodeOptions::default();
    let decoded = decode(message.payload().unwrap(), None, &options).unwrap();
    Received {
        partition: message.partition(),
        key: String::from_utf8(message.key().unwrap().to_vec()).unwrap(),
        patient_id: decoded.reading.patient_id.into_owned(),
        sequence: decoded.reading.sequence.unwrap(),
        time_ms: decoded.reading.time_ms,
    }
}

fn read<T>(
    settings: &Settings,
    topic: &str,
    convert: impl Fn(&BorrowedMessage<'_>) -> T,
) -> Vec<T> {
    let reader: BaseConsumer = reader_config(&settings.kafka, "test").create().unwrap();
    let mut assignment = TopicPartitionList::new();
    let mut expected = 0;
    for partition in partitions(reader.client(), topic, TIMEOUT).unwrap() {
        let (low, high) = reader.fetch_watermarks(topic, partition, TIMEOUT).unwrap();
        expected += high - low;
        assignment.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    reader.assign(&assignment).unwrap();
    (0..expected).map(|_| convert(&reader.poll(TIMEOUT).expect("a message").unwrap())).collect()
}

/// Asserts that the readings of every patient are keyed by the patient, lie in one partition, and
/// are in order without gaps or duplicates. Returns the number of readings by patient.
pub(crate) fn check_complete(messages: &[Received]) -> HashMap<String, i64> {
    let mut counts: HashMap<String, i64> = HashMap::new();
    let mut partitions_by_key: HashMap<String, i32> = HashMap::new();
    for message in messages {
        assert_eq!(message.key, message.patient_id);
        let partition = *partitions_by_key.entry(message.key.clone()).or_insert(message.partition);
        assert_eq!(partition, message.partition, "{message:?}");
        let next = counts.entry(message.key.clone()).or_default();
        assert_eq!(message.sequence, *next, "{message:?}");
        *next += 1;
    }
    counts
}
