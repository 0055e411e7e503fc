//! A broker with the topics of the watch, and readings whose alarms are known.

use std::ops::Range;

use rdkafka::{
    ClientConfig, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer as _},
    mocking::MockCoordinator,
    producer::{BaseRecord, Producer as _},
};
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::world::{RunningConsumer, TEST_TIMEOUT, TOPIC, World};

/// The arrival of the first reading, ms since the epoch.
pub(crate) const START_MS: i64 = 1_763_812_800_000;

/// The topics beside the readings, with their numbers of partitions.
const TOPICS: [(&str, i32); 4] =
    [("alerts", 2), ("patient-status", 2), ("patient-context", 1), ("ward-actions", 1)];

/// Interval of a patient's readings, ms.
pub(crate) const STEP_MS: i64 = 5_000;

/// The watch's consumer group.
pub(crate) const GROUP: &str = "vitals-watch";

/// Readings of each patient in [`WatchWorld::send_course`].
pub(crate) const COURSE: i64 = 400;

/// The environment of a test of the watch.
pub(crate) struct WatchWorld {
    pub(crate) world: World,
    pub(crate) partitions: i32,
}

impl WatchWorld {
    pub(crate) fn new(roles: Roles, partitions: i32) -> Self {
        Self::in_world(World::new(partitions), roles, partitions)
    }

    /// The watch alone, with a second broker, which has no partition and no group.
    pub(crate) fn with_two_brokers(partitions: i32) -> Self {
        let ward = Self::in_world(World::with_brokers(2, partitions), Roles::Watch, partitions);
        ward.set_leader(TOPIC, 0..partitions, 1);
        for (topic, partitions) in TOPICS {
            ward.set_leader(topic, 0..partitions, 1);
        }
        let group = MockCoordinator::Group(GROUP.to_owned());
        ward.world.broker.coordinator(group, 1).unwrap();
        ward
    }

    /// Makes `broker` the leader of partitions of a topic.
    pub(crate) fn set_leader(&self, topic: &str, partitions: Range<i32>, broker: i32) {
        for partition in partitions {
            self.world.broker.partition_leader(topic, partition, Some(broker)).unwrap();
        }
    }

    fn in_world(mut world: World, roles: Roles, partitions: i32) -> Self {
        for (topic, partitions) in TOPICS {
            world.broker.create_topic(topic, partitions, 1).unwrap();
        }
        world.broker.create_topic("audit", 1, 1).unwrap();
        world.settings.consumer.roles = roles;
        world.settings.consumer.alerts = true;
        // The readings end; nobody is silent because a test is slow.
        world.settings.watch.technical.no_data_after_ms = 86_400_000;
        Self { world, partitions }
    }

    /// Sends a reading of `patient` that arrives `at_ms` after the start.
    pub(crate) fn send(&self, patient: &str, partition: i32, at_ms: i64, fields: &str) {
        let time_ms = START_MS + at_ms;
        let payload = format!(r#"{{"patient_id":"{patient}","timestamp":{time_ms},{fields}}}"#);
        let record = BaseRecord::to(TOPIC)
            .partition(partition)
            .key(patient)
            .payload(&payload)
            .timestamp(time_ms);
        self.world.producer.send(record).map_err(|(error, _)| error).unwrap();
    }

    /// Sends readings `from..to` of six patients, whose values cross several limits for a while.
    pub(crate) fn send_course(&self, from: i64, to: i64) {
        for step in from..to {
            for patient in 0..6 {
                // Each patient's crisis is at another time, and all have ended long before the end.
                let crisis = (20 + patient * 12..60 + patient * 20).contains(&step);
                let (rate, spo2, breaths) = if crisis { (141, 84, 31) } else { (76, 97, 15) };
                let partition = i32::try_from(patient).unwrap() % self.partitions;
                let fields = format!(
                    r#""heart_rate":{},"spo2":{spo2},"respiratory_rate":{breaths},"systolic":121,
                    "diastolic":80,"temperature":36.8,"consciousness":"A",
                    "supplemental_oxygen":false,"device_id":"m-{patient}""#,
                    rate + step % 3
                );
                self.send(&format!("p-{patient}"), partition, step * STEP_MS, &fields);
            }
        }
        self.world.producer.flush(TEST_TIMEOUT).unwrap();
    }

    /// Sends one reading of `patient` at each of the `steps`, in a crisis or not.
    pub(crate) fn send_steps(
        &self,
        patient: &str,
        partition: i32,
        steps: Range<i64>,
        in_crisis: bool,
    ) {
        for step in steps {
            let (rate, spo2) = if in_crisis { (141, 84) } else { (76, 97) };
            let rate = rate + step % 3;
            let fields = format!(r#""heart_rate":{rate},"spo2":{spo2},"device_id":"m-1""#);
            self.send(patient, partition, step * STEP_MS, &fields);
        }
        self.world.producer.flush(TEST_TIMEOUT).unwrap();
    }

    /// Sends states (`None`: tombstones) as another instance does.
    pub(crate) fn put_states<'a>(
        &self,
        states: impl IntoIterator<Item = (&'a String, Option<&'a Value>)>,
    ) {
        self.put("patient-status", states);
    }

    /// Sends messages (`None`: tombstones) as another instance does.
    pub(crate) fn put<'a>(
        &self,
        topic: &str,
        messages: impl IntoIterator<Item = (&'a String, Option<&'a Value>)>,
    ) {
        for (key, value) in messages {
            let payload = value.map(Value::to_string);
            let mut record = BaseRecord::to(topic).key(key);
            record.payload = payload.as_ref();
            self.world.producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        self.world.producer.flush(TEST_TIMEOUT).unwrap();
    }

    /// Takes over the alerts, the states and the committed offsets of `former`, but no reading: the
    /// topic of the readings was created again.
    pub(crate) fn continue_after(&self, former: &Self) {
        for topic in ["alerts", "patient-status"] {
            let messages = former.messages(topic);
            self.put(topic, messages.iter().map(|(key, value)| (key, value.as_ref())));
        }
        let committed = former.committed();
        let mut present = TopicPartitionList::new();
        for element in committed.elements_for_topic(TOPIC) {
            if element.partition() < self.partitions {
                let mut kept = present.add_partition(TOPIC, element.partition());
                kept.set_offset(element.offset()).unwrap();
                kept.set_metadata(element.metadata());
            }
        }
        self.reader(GROUP).commit(&present, CommitMode::Sync).unwrap();
    }

    pub(crate) async fn start(&self) -> RunningConsumer {
        self.world.start().await
    }

    pub(crate) fn reader(&self, group: &str) -> BaseConsumer {
        ClientConfig::new()
            .set("bootstrap.servers", self.world.broker.bootstrap_servers())
            .set("group.id", group)
            .create()
            .unwrap()
    }
}
