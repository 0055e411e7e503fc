//! The partitions of a ward, without a session.

use std::{collections::BTreeSet, sync::Arc};

use rdkafka::{mocking::MockCluster, producer::DefaultProducerContext};
use serde_json::json;
use vitals_core::{
    domain::{
        decode::{DecodeOptions, decode},
        watch::{PatientWatch, StatusMessage, WatchSettings},
    },
    runtime::config::Settings,
};

use super::{
    committed::Origin,
    home::Home,
    partition::PartitionWatch,
    partition_settings::{PartitionSettings, StartPosition},
    publisher::Publisher,
    restore::States,
    takeover::Takeover,
    ward::Ward,
    ward_inputs::WardInputs,
};

pub(super) const START_MS: i64 = 1_763_812_800_000;

/// The inputs and the outputs of a ward, at a broker of its own.
struct Surroundings {
    _broker: MockCluster<'static, DefaultProducerContext>,
    inputs: WardInputs,
    publisher: Publisher,
}

impl Surroundings {
    fn new() -> Self {
        Self::with_publisher_at(None)
    }

    /// With a publisher whose messages stay in flight.
    fn without_deliveries() -> Self {
        Self::with_publisher_at(Some("127.0.0.1:9"))
    }

    fn with_publisher_at(address: Option<&str>) -> Self {
        let broker = MockCluster::new(1).unwrap();
        for topic in ["alerts", "patient-status", "patient-context", "ward-actions"] {
            broker.create_topic(topic, 1, 1).unwrap();
        }
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = broker.bootstrap_servers();
        let inputs = WardInputs::read(&settings).unwrap();
        if let Some(address) = address {
            settings.kafka.bootstrap_servers = address.to_owned();
        }
        let publisher = Publisher::new(&settings).unwrap();
        Self { _broker: broker, inputs, publisher }
    }
}

/// The state of patient `id` after one reading.
pub(super) fn state(id: &str, partition: i32, arrival_ms: i64) -> StatusMessage {
    let mut watch = PatientWatch::new(id, Arc::new(WatchSettings::default()));
    let payload = format!(r#"{{"patient_id":"{id}","timestamp":{arrival_ms},"heart_rate":70}}"#);
    let decoded = decode(payload.as_bytes(), Some(arrival_ms), &DecodeOptions::default()).unwrap();
    watch.apply_reading(&decoded, arrival_ms, &mut Vec::new());
    StatusMessage {
        partition,
        log: "log".to_owned(),
        owner: "owner".to_owned(),
        next_offset: 4,
        next_action: None,
        watched_since_ms: arrival_ms,
        status: watch.status(),
    }
}

/// Partition `id`, which has committed offset 7, with `states`.
fn partition(id: i32, states: States) -> PartitionWatch {
    let settings = PartitionSettings::new(&Settings::default());
    let position = StartPosition { read_from: 4, judge_from: 7, last: None };
    let start = (position, Takeover::default());
    PartitionWatch::restore(id, settings, Origin::default(), start, states, Arc::default())
}

#[test]
fn a_patient_of_two_partitions_stays_in_the_one_with_the_later_reading() {
    let around = Surroundings::new();
    for (first_ms, second_ms, home) in [(0, 500, 1), (500, 0, 0), (500, 500, 1)] {
        let mut ward = Ward::default();
        for (id, arrival_ms) in [(0, first_ms), (1, second_ms)] {
            let live = vec![state("p", id, START_MS + arrival_ms)];
            let restored = partition(id, States { live, ..States::default() });
            ward.add(restored, &around.inputs, &around.publisher).unwrap();
        }
        let with_patient = ward.partitions.values().filter(|partition| partition.knows("p"));
        let with_patient: Vec<i32> = with_patient.map(|partition| partition.id).collect();
        assert_eq!(with_patient, [home], "{first_ms} {second_ms}");
    }
}

#[test]
fn a_patient_is_handed_over_with_the_last_alarms() {
    let around = Surroundings::new();
    let mut ward = Ward::default();
    let live = vec![state("p", 0, START_MS)];
    let restored = partition(0, States { live, ..States::default() });
    ward.add(restored, &around.inputs, &around.publisher).unwrap();
    let home: Home = serde_json::from_value(json!({
        "partition": 1, "owner": "other", "next_offset": 9, "watched_since_ms": START_MS,
        "last_arrival_ms": START_MS + 500,
    }))
    .unwrap();
    ward.compare("p", &home, &around.publisher).unwrap();
    let partition = ward.partitions.get_mut(&0).unwrap();
    assert!(partition.knows("p"), "no state has its changes");
    partition.publish_states(&around.publisher, || true).unwrap();
    ward.compare("p", &home, &around.publisher).unwrap();
    assert!(!ward.partitions[&0].knows("p"));
}

#[test]
fn a_partition_with_an_outdated_state_publishes_and_commits_once_it_has_caught_up() {
    let around = Surroundings::new();
    let stale = BTreeSet::from(["p".to_owned()]);
    let states = States { live: vec![state("p", 0, START_MS)], stale, ..States::default() };
    let mut partition = partition(0, states);
    partition.catch_up(&around.inputs, &around.publisher).unwrap();
    for next_offset in [4, 6] {
        partition.next_offset = next_offset;
        partition.advance(&around.inputs, &around.publisher).unwrap();
        assert!(!partition.has_due_states());
        assert_eq!(partition.take_commit(), None);
    }
    partition.next_offset = 7;
    partition.advance(&around.inputs, &around.publisher).unwrap();
    assert!(partition.has_due_states());
    assert_eq!(partition.take_commit(), Some(7));
}

#[test]
fn states_are_published_while_there_is_time_and_the_others_stay_due() {
    let around = Surroundings::new();
    let live = ["p", "q", "r"].map(|id| state(id, 0, START_MS)).into();
    let mut partition = partition(0, States { live, ..States::default() });
    partition.catch_up(&around.inputs, &around.publisher).unwrap();
    let mut left = |times: usize| {
        let mut clock = 0;
        let has_time = || {
            clock += 1;
            clock <= times
        };
        partition.publish_states(&around.publisher, has_time).unwrap();
        (partition.has_due_states(), partition.touched.len())
    };
    assert_eq!(left(0), (true, 3));
    assert_eq!(left(2), (true, 1));
    assert_eq!(left(1), (false, 0));
}

#[test]
fn a_state_waits_for_the_delivery_of_its_patients_alerts() {
    let around = Surroundings::without_deliveries();
    let live = ["p", "q"].map(|id| state(id, 0, START_MS)).into();
    let mut partition = partition(0, States { live, ..States::default() });
    for id in ["p", "q"] {
        partition.apply_inputs(id, &around.inputs, &around.publisher).unwrap();
    }
    let number = around.publisher.send_alert("q", b"{}", START_MS).unwrap();
    partition.patients.get_mut("q").unwrap().publication.note_alert(number);
    let end = partition.touched.end();
    partition.publish_states(&around.publisher, || true).unwrap();
    assert_eq!(around.publisher.oldest_state(), Some(1), "that of p");
    assert_eq!(partition.touched.len(), 1);
    assert_eq!(partition.touched.first(), Some("q"));
    // A commit of an offset that is read by now waits for it.
    assert!(!partition.touched.has_passed(end));
}

#[test]
fn the_state_of_a_patient_who_has_left_is_removed_after_the_last_alert() {
    let around = Surroundings::without_deliveries();
    let mut partition = partition(0, States::default());
    let number = around.publisher.send_alert("p", b"{}", START_MS).unwrap();
    partition.remove_state("p", number);
    partition.publish_states(&around.publisher, || true).unwrap();
    assert_eq!(around.publisher.oldest_state(), None, "the alert is in flight");
    partition.remove_state("q", 0);
    partition.touched.remove("p");
    partition.publish_states(&around.publisher, || true).unwrap();
    assert_eq!((around.publisher.oldest_state(), partition.left.len()), (Some(1), 1));
}
