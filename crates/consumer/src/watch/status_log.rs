//! Topic `patient-status`: the newest state of every patient, and the states that others publish.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use rdkafka::{Message as _, message::BorrowedMessage};
use vitals_core::{domain::watch::StatusMessage, runtime::config::Settings};

use super::{
    home::{Home, heir},
    state_requests::{Request, Response, StateRequests},
    topic_reader::TopicReader,
};

/// Interval between metadata requests: the topic may get more partitions.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5);

/// Maximum states of one poll: the watch's thread judges nothing meanwhile.
const MAX_STATES: usize = 100;

/// A state or a tombstone that has arrived.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) patient_id: String,
    /// `None` for a tombstone.
    pub(super) home: Option<Home>,
}

/// The states on the topic.
pub(super) struct StatusLog {
    reader: TopicReader,
    homes: HashMap<String, Home>,
    requests: StateRequests,
    refreshed: Instant,
}

impl StatusLog {
    /// Reads the topic to its end. Returns it with the newest state of every patient. `existing` are
    /// the partitions of the readings.
    ///
    /// # Errors
    /// If the broker does not respond, or no thread can be started.
    pub(super) fn read(
        settings: &Settings,
        existing: &BTreeSet<i32>,
    ) -> anyhow::Result<(Self, Vec<StatusMessage>)> {
        let topic = &settings.kafka.topics.patient_status;
        let mut reader = TopicReader::new(settings, topic)?;
        reader.assign_new(&BTreeMap::new())?;
        let mut newest: HashMap<String, (Home, Vec<u8>)> = HashMap::new();
        reader.read_to_end(|message| {
            let Some(id) = patient_id(message) else { return };
            let Some(payload) = message.payload() else {
                newest.remove(&id);
                return;
            };
            let Some(home) = Home::parse(message) else { return };
            if newest.get(&id).is_none_or(|(known, _)| home.replaces(known)) {
                newest.insert(id, (home, payload.to_vec()));
            }
        })?;
        let requests = StateRequests::start(settings)?;
        let refreshed = Instant::now();
        let mut log = Self { reader, homes: HashMap::new(), requests, refreshed };
        let mut states = Vec::new();
        for (id, (mut home, payload)) in newest {
            if let Ok(state) = serde_json::from_slice(&payload) {
                states.push(state);
                home.partition = heir(existing, home.partition).unwrap_or(home.partition);
                log.homes.insert(id, home);
            }
        }
        Ok((log, states))
    }

    /// The states and tombstones that have arrived, at most [`MAX_STATES`].
    pub(super) fn poll(&mut self) -> Vec<Arrived> {
        if self.refreshed.elapsed() >= REFRESH_INTERVAL {
            self.refreshed = Instant::now();
            self.reader.refresh();
        }
        let Self { reader, homes, .. } = self;
        let mut arrived = Vec::new();
        reader.poll(Duration::ZERO, MAX_STATES, |message| {
            let Some(patient_id) = patient_id(message) else { return };
            let home = Home::parse(message);
            match &home {
                None => {
                    homes.remove(&patient_id);
                }
                Some(home) if homes.get(&patient_id).is_none_or(|known| home.replaces(known)) => {
                    homes.insert(patient_id.clone(), home.clone());
                }
                Some(_) => {}
            }
            arrived.push(Arrived { patient_id, home });
        });
        arrived
    }

    /// The partition in which patient `id` is watched, according to the newest state.
    pub(super) fn home(&self, id: &str) -> Option<&Home> {
        self.homes.get(id)
    }

    /// Requests the newest state of patient `id`.
    pub(super) fn request(&self, id: &str) {
        if let Some(home) = self.homes.get(id) {
            self.request_state(id, home);
        }
    }

    /// Requests the state `home` of patient `id`.
    pub(super) fn request_state(&self, id: &str, home: &Home) {
        self.requests.send(Request { patient_id: id.to_owned(), at: home.at });
    }

    /// Requests the state that follows the one of `request`. Returns false if none does.
    pub(super) fn request_newer(&self, request: &Request) -> bool {
        let newest = self.homes.get(&request.patient_id);
        let has_newer = newest.is_some_and(|home| home.at != request.at);
        if has_newer {
            self.request(&request.patient_id);
        }
        has_newer
    }

    /// The states that were read since the last call, and the failures.
    ///
    /// # Errors
    /// If the requests have panicked.
    pub(super) fn found(&self) -> anyhow::Result<Vec<Response>> {
        self.requests.found()
    }
}

fn patient_id(message: &BorrowedMessage<'_>) -> Option<String> {
    Some(std::str::from_utf8(message.key()?).ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use rdkafka::{
        ClientConfig,
        mocking::MockCluster,
        producer::{BaseProducer, BaseRecord, Producer as _},
    };

    use super::*;

    #[test]
    fn a_partition_that_was_added_later_is_read() {
        let broker = MockCluster::new(1).unwrap();
        broker.create_topic("patient-status", 2, 1).unwrap();
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = broker.bootstrap_servers();
        let existing = BTreeSet::from([0]);
        let (mut log, states) = StatusLog::read(&settings, &existing).unwrap();
        assert!(states.is_empty());
        // As if the topic had had no partition so far.
        log.reader = TopicReader::new(&settings, "patient-status").unwrap();
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", broker.bootstrap_servers())
            .create()
            .unwrap();
        let state = r#"{"partition":0,"next_offset":4,"watched_since_ms":7,"last_arrival_ms":9}"#;
        let record = BaseRecord::to("patient-status").partition(1).key("p").payload(state);
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.flush(Duration::from_secs(10)).unwrap();
        assert!(log.poll().is_empty(), "not before the interval");
        let interval = REFRESH_INTERVAL;
        log.refreshed = Instant::now().checked_sub(interval).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while log.home("p").is_none() {
            assert!(Instant::now() < deadline, "the state was not read");
            log.poll();
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(log.home("p").unwrap().at, (1, 0));
    }
}
