//! The watch with a real Kafka: kills at any moment lose and repeat no alert.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;
use xtask::paths;
use xtask::services::ports::free_ports;
use xtask::services::{Lifetime, Ports, Services};

use crate::support::cluster::{TOPIC, empty_folder};
use crate::support::process::Process;
use crate::support::{seconds, wait_until};

const PARTITIONS: i32 = 4;
const PATIENTS: i64 = 24;
const KILLS: i64 = 4;
/// Readings of each patient, before each kill and after the last.
const PART: i64 = 60;
const STEP_MS: i64 = 5_000;
const TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
#[ignore = "needs Java and Maven; run by cargo xtask test"]
async fn kills_lose_and_repeat_no_alert() {
    let dir = empty_folder("watch");
    let topics = [(TOPIC, PARTITIONS)];
    let ports = Ports::free().unwrap();
    let kafka_dir = dir.join("kafka");
    let kafka = Services::start_kafka(&kafka_dir, ports, Lifetime::Bound, &topics);
    let kafka = kafka.await.unwrap();
    let broker = kafka.bootstrap_servers();

    // Kafka deletes messages that are older than its retention.
    #[expect(clippy::disallowed_methods, reason = "the readings carry recent timestamps")]
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let start_ms = now_ms - (KILLS + 3) * PART * STEP_MS;

    let killed = Watch::new(&dir, &broker, "killed");
    for part in 0..KILLS {
        let before = killed.alerts().len();
        let process = killed.start(&format!("kill{part}"));
        send_course(&broker, start_ms, part * PART, (part + 1) * PART);
        // In the midst of the alerts of this part.
        wait_until("alerts are published", seconds(60), async || killed.alerts().len() > before)
            .await;
        process.crash().await;
    }
    send_course(&broker, start_ms, KILLS * PART, (KILLS + 3) * PART);
    killed.finish().await;

    let uninterrupted = Watch::new(&dir, &broker, "uninterrupted");
    uninterrupted.finish().await;
    let expected = uninterrupted.alerts();
    assert!(expected.len() > 200, "{} alerts", expected.len());
    assert_eq!(killed.alerts(), expected);
    xtask::say!("{} alerts, the same after {KILLS} kills", expected.len());
}

/// Sends readings `from..to` of every patient. The values of each cross limits for some minutes,
/// again and again; the last ones are normal.
fn send_course(broker: &str, start_ms: i64, from: i64, to: i64) {
    let producer: ThreadedProducer<DefaultProducerContext> =
        ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    for step in from..to {
        for patient in 0..PATIENTS {
            let time_ms = start_ms + step * STEP_MS;
            let is_calm = step >= KILLS * PART || (step + patient * 3) % 40 < 24;
            let (rate, spo2, breaths) = if is_calm { (76, 97, 15) } else { (141, 84, 31) };
            let payload = format!(
                r#"{{"patient_id":"p-{patient}","timestamp":{time_ms},"heart_rate":{},"spo2":{spo2},
                "respiratory_rate":{breaths},"systolic":121,"diastolic":80,"temperature":36.8,
                "consciousness":"A","supplemental_oxygen":false,"device_id":"m-{patient}"}}"#,
                rate + step % 3
            );
            let key = format!("p-{patient}");
            let partition = i32::try_from(patient).unwrap() % PARTITIONS;
            let record = BaseRecord::to(TOPIC)
                .partition(partition)
                .key(&key)
                .payload(&payload)
                .timestamp(time_ms);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
    }
    producer.flush(TIMEOUT).unwrap();
}

/// A consumer group that watches the readings, with topics of its own.
struct Watch {
    name: &'static str,
    broker: String,
    dir: PathBuf,
}

impl Watch {
    fn new(dir: &Path, broker: &str, name: &'static str) -> Self {
        Self { name, broker: broker.to_owned(), dir: dir.to_path_buf() }
    }

    fn start(&self, tag: &str) -> Process {
        let [port] = free_ports().unwrap();
        let name = self.name;
        let settings = [
            ("KAFKA__BOOTSTRAP_SERVERS", self.broker.clone()),
            ("KAFKA__TOPICS__ALERTS", format!("alerts.{name}")),
            ("KAFKA__TOPICS__PATIENT_STATUS", format!("patient-status.{name}")),
            ("CONSUMER__LISTEN", format!("127.0.0.1:{port}")),
            ("CONSUMER__ROLES", "watch".to_owned()),
            ("CONSUMER__WATCH__GROUP_ID", name.to_owned()),
            // A static member is replaced at once, without a wait for the end of its session.
            ("CONSUMER__INSTANCE_ID", name.to_owned()),
            // The readings end; nobody is silent.
            ("WATCH__TECHNICAL__NO_DATA_AFTER_MS", "86400000".to_owned()),
        ];
        let settings = settings.map(|(key, value)| (format!("VITALS__{key}"), value));
        let file = format!("{name}.{tag}");
        Process::start(&self.dir, &file, &paths::binary("consumer"), &[], &settings)
    }

    /// Starts it, and stops it once every reading is judged.
    async fn finish(&self) {
        let process = self.start("last");
        let consumer = self.client();
        wait_until("every reading is judged", seconds(60), async || {
            let mut wanted = TopicPartitionList::new();
            for partition in 0..PARTITIONS {
                wanted.add_partition(TOPIC, partition);
            }
            let committed = consumer.committed_offsets(wanted, TIMEOUT).unwrap();
            committed.elements().iter().all(|element| {
                let (_, end) =
                    consumer.fetch_watermarks(TOPIC, element.partition(), TIMEOUT).unwrap();
                element.offset() == Offset::Offset(end)
            })
        })
        .await;
        process.stop().await;
    }

    /// The ids of the published alerts, sorted.
    fn alerts(&self) -> Vec<String> {
        let topic = format!("alerts.{}", self.name);
        let consumer = self.client();
        let metadata = consumer.fetch_metadata(None, TIMEOUT).unwrap();
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            return Vec::new();
        };
        let mut ids = Vec::new();
        let started = Instant::now();
        for partition in found.partitions() {
            let (start, end) = consumer.fetch_watermarks(&topic, partition.id(), TIMEOUT).unwrap();
            let mut assignment = TopicPartitionList::new();
            assignment.add_partition_offset(&topic, partition.id(), Offset::Offset(start)).unwrap();
            consumer.assign(&assignment).unwrap();
            let mut next = start;
            while next < end {
                // Events of the client end a poll, too.
                let Some(message) = consumer.poll(Duration::from_secs(1)) else {
                    assert!(started.elapsed() < TIMEOUT, "no message of {topic} at {next}");
                    continue;
                };
                let message = message.unwrap();
                next = message.offset() + 1;
                let alert: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
                ids.push(alert["id"].as_str().unwrap().to_owned());
            }
        }
        ids.sort();
        ids
    }

    fn client(&self) -> BaseConsumer {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.broker).set("group.id", self.name);
        config.create().unwrap()
    }
}
