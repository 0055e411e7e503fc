//! The alerts, the states and the offsets of a watch, and waits for them.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rdkafka::{
    Message as _, Offset, TopicPartitionList, consumer::Consumer as _, error::KafkaResult,
};
use serde_json::Value;

use crate::{
    wait::{check, wait_for},
    watch_world::{GROUP, WatchWorld},
    world::{TEST_TIMEOUT, TOPIC},
};

/// Timeout of one request of a test.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Repeats a request until it succeeds: a broker may be down for a while.
fn retried<T>(mut request: impl FnMut() -> KafkaResult<T>) -> T {
    let deadline = Instant::now() + TEST_TIMEOUT;
    loop {
        match request() {
            Ok(response) => return response,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl WatchWorld {
    /// The alerts on the topic, in the order of their partitions.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        self.messages("alerts").into_iter().filter_map(|(_, value)| value).collect()
    }

    /// The newest state of each patient.
    pub(crate) fn states(&self) -> BTreeMap<String, Value> {
        let mut states = BTreeMap::new();
        for (patient, state) in self.messages("patient-status") {
            match state {
                Some(state) => states.insert(patient, state),
                None => states.remove(&patient),
            };
        }
        states
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
        wait_for(name, async || {
            let alerts = self.alerts();
            alerts.iter().find(|alert| condition(alert)).cloned().ok_or(alerts)
        })
        .await
    }

    /// Waits until an alarm of `patient` satisfies `condition` in the patient's state.
    pub(crate) async fn wait_for_alarm(
        &self,
        patient: &str,
        condition: impl Fn(&Value) -> bool,
    ) -> Value {
        wait_for("such alarm", async || {
            let states = self.states();
            let alarms = states.get(patient).and_then(|state| state["alarms"].as_array());
            let alarms = alarms.cloned().unwrap_or_default();
            alarms.iter().find(|alarm| condition(alarm)).cloned().ok_or(alarms)
        })
        .await
    }

    /// Waits until the group has committed the ends of all partitions.
    pub(crate) async fn wait_committed(&self) {
        let consumer = self.reader(GROUP);
        wait_for("commit of all readings", async || {
            let committed = self.committed();
            let elements = committed.elements();
            let lag = elements.iter().map(|element| {
                let id = element.partition();
                let (_, end) = retried(|| consumer.fetch_watermarks(TOPIC, id, REQUEST_TIMEOUT));
                end - element.offset().to_raw().unwrap().max(0)
            });
            let lag: i64 = lag.sum();
            check(lag == 0, lag)
        })
        .await;
    }

    pub(crate) fn committed(&self) -> TopicPartitionList {
        let mut wanted = TopicPartitionList::new();
        for partition in 0..self.partitions {
            wanted.add_partition(TOPIC, partition);
        }
        let reader = self.reader(GROUP);
        retried(|| reader.committed_offsets(wanted.clone(), REQUEST_TIMEOUT))
    }

    /// Every message of a topic with its key; `None` for a tombstone.
    pub(crate) fn messages(&self, topic: &str) -> Vec<(String, Option<Value>)> {
        let consumer = self.reader("test");
        let metadata = retried(|| consumer.fetch_metadata(Some(topic), REQUEST_TIMEOUT));
        let mut messages = Vec::new();
        let mut failure = None;
        let deadline = Instant::now() + TEST_TIMEOUT;
        for partition in metadata.topics()[0].partitions() {
            let id = partition.id();
            let (start, end) = retried(|| consumer.fetch_watermarks(topic, id, REQUEST_TIMEOUT));
            let mut assignment = TopicPartitionList::new();
            assignment.add_partition_offset(topic, id, Offset::Offset(start)).unwrap();
            consumer.assign(&assignment).unwrap();
            let mut next = start;
            while next < end {
                assert!(Instant::now() < deadline, "no message of {topic} at {next}: {failure:?}");
                // Events of the client end a poll, too.
                let Some(polled) = consumer.poll(Duration::from_secs(1)) else { continue };
                let message = match polled {
                    Ok(message) => message,
                    // A broker may be down. The client connects again.
                    Err(error) => {
                        failure = Some(error);
                        continue;
                    }
                };
                next = message.offset() + 1;
                let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
                let value = message.payload().map(|value| serde_json::from_slice(value).unwrap());
                messages.push((key, value));
            }
        }
        messages
    }
}
