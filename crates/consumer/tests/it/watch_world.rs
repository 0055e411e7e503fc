//! A broker with the topics of the watch, readings whose alarms are known, and the alerts.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    mocking::MockCoordinator,
    producer::{BaseRecord, Producer as _},
};
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::world::{RunningConsumer, TEST_TIMEOUT, TOPIC, World};

/// The arrival of the first reading, ms since the epoch.
pub(crate) const START_MS: i64 = 1_763_812_800_000;

/// Interval of a patient's readings, ms.
const STEP_MS: i64 = 5_000;

/// Readings of each patient in [`WatchWorld::send_course`].
pub(crate) const COURSE: i64 = 400;

/// The environment of a test of the watch.
pub(crate) struct WatchWorld {
    pub(crate) world: World,
    partitions: i32,
}

impl WatchWorld {
    pub(crate) fn new(roles: Roles, partitions: i32) -> Self {
        Self::in_world(World::new(partitions), roles, partitions)
    }

    /// The watch alone, with a second broker that has the partitions of the alerts and nothing else.
    pub(crate) fn with_a_broker_of_the_alerts(partitions: i32) -> Self {
        let ward = Self::in_world(World::with_brokers(2, partitions), Roles::Watch, partitions);
        let broker = &ward.world.broker;
        let all = [(TOPIC, partitions), ("patient-status", 2), ("patient-context", 1)];
        for (topic, partitions) in all.into_iter().chain([("ward-actions", 1)]) {
            for partition in 0..partitions {
                broker.partition_leader(topic, partition, Some(1)).unwrap();
            }
        }
        for partition in 0..2 {
            broker.partition_leader("alerts", partition, Some(2)).unwrap();
        }
        broker.coordinator(MockCoordinator::Group("vitals-watch".to_owned()), 1).unwrap();
        ward
    }

    fn in_world(mut world: World, roles: Roles, partitions: i32) -> Self {
        for (topic, partitions) in
            [("alerts", 2), ("patient-status", 2), ("patient-context", 1), ("ward-actions", 1)]
        {
            world.broker.create_topic(topic, partitions, 1).unwrap();
        }
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

    /// The alerts on the topic, in the order of their partitions.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        self.messages("alerts").into_iter().map(|(_, value)| value).collect()
    }

    /// The newest state of each patient.
    pub(crate) fn states(&self) -> BTreeMap<String, Value> {
        self.messages("patient-status").into_iter().collect()
    }

    /// The ids of the alerts on the topic, sorted.
    pub(crate) fn alert_ids(&self) -> Vec<String> {
        let alerts = self.alerts();
        let mut ids: Vec<_> =
            alerts.iter().map(|alert| alert["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    /// Waits until an alert satisfies `condition`, and returns it.
    pub(crate) async fn wait_for_alert(
        &self,
        name: &str,
        condition: impl Fn(&Value) -> bool,
    ) -> Value {
        let deadline = Instant::now() + TEST_TIMEOUT;
        loop {
            let alerts = self.alerts();
            if let Some(found) = alerts.iter().find(|alert| condition(alert)) {
                return found.clone();
            }
            assert!(Instant::now() < deadline, "no {name}: {alerts:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until an alarm of `patient` satisfies `condition` in the patient's state.
    pub(crate) async fn wait_for_alarm(
        &self,
        patient: &str,
        condition: impl Fn(&Value) -> bool,
    ) -> Value {
        let deadline = Instant::now() + TEST_TIMEOUT;
        loop {
            let states = self.states();
            let alarms = states.get(patient).and_then(|state| state["alarms"].as_array());
            let found = alarms.and_then(|alarms| alarms.iter().find(|alarm| condition(alarm)));
            if let Some(found) = found {
                return found.clone();
            }
            assert!(Instant::now() < deadline, "not among {alarms:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the group has committed the ends of all partitions.
    pub(crate) async fn wait_committed(&self) {
        let consumer = self.reader("vitals-watch");
        let deadline = Instant::now() + TEST_TIMEOUT;
        loop {
            let mut wanted = TopicPartitionList::new();
            for partition in 0..self.partitions {
                wanted.add_partition(TOPIC, partition);
            }
            let committed = consumer.committed_offsets(wanted, TEST_TIMEOUT).unwrap();
            let elements = committed.elements();
            let lag = elements.iter().map(|element| {
                let (_, end) =
                    consumer.fetch_watermarks(TOPIC, element.partition(), TEST_TIMEOUT).unwrap();
                end - element.offset().to_raw().unwrap().max(0)
            });
            let lag: i64 = lag.sum();
            if lag == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "{lag} readings are not judged");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn start(&self) -> RunningConsumer {
        self.world.start().await
    }

    fn reader(&self, group: &str) -> BaseConsumer {
        ClientConfig::new()
            .set("bootstrap.servers", self.world.broker.bootstrap_servers())
            .set("group.id", group)
            .create()
            .unwrap()
    }

    /// Every message of a topic with its key.
    fn messages(&self, topic: &str) -> Vec<(String, Value)> {
        let consumer = self.reader("test");
        let metadata = consumer.fetch_metadata(Some(topic), TEST_TIMEOUT).unwrap();
        let mut messages = Vec::new();
        let deadline = Instant::now() + TEST_TIMEOUT;
        for partition in metadata.topics()[0].partitions() {
            let (start, end) =
                consumer.fetch_watermarks(topic, partition.id(), TEST_TIMEOUT).unwrap();
            let mut assignment = TopicPartitionList::new();
            assignment.add_partition_offset(topic, partition.id(), Offset::Offset(start)).unwrap();
            consumer.assign(&assignment).unwrap();
            let mut next = start;
            while next < end {
                // Events of the client end a poll, too.
                let Some(message) = consumer.poll(Duration::from_secs(1)) else {
                    assert!(Instant::now() < deadline, "no message of {topic} at {next}");
                    continue;
                };
                let message = message.unwrap();
                next = message.offset() + 1;
                let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
                if let Some(value) = message.payload() {
                    messages.push((key, serde_json::from_slice(value).unwrap()));
                }
            }
        }
        messages
    }
}
