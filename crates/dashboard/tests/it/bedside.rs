//! Restarts, wrong bedside clocks and patient contexts, from Kafka to the API.

use serde_json::{Value, json};
use vitals_core::runtime::clock::now_ms;

use crate::support::{Broker, Dashboard, Producer, broker, wait_until};

const CONTEXTS: &str = "patient-context";

/// The state of a patient, `null` if there is none.
async fn patient(dashboard: &Dashboard, id: &str) -> Value {
    let ward = dashboard.json("/api/ward").await;
    let patients = ward["patients"].as_array().unwrap();
    patients.iter().find(|patient| patient["patient_id"] == id).cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_nothing_that_is_valid() {
    let broker = broker();
    let producer = Producer::new(&broker);
    let rounds = json!({"timestamp": now_ms() - 660_000, "systolic": 104, "diastolic": 60,
        "temperature": 38.6, "supplemental_oxygen": true, "consciousness": "A"});
    producer.read("rounds-1", &rounds);
    let monitor = json!({"heart_rate": 84, "spo2": 95, "respiratory_rate": 18});
    for _ in 0..5 {
        producer.read("rounds-1", &monitor);
    }
    producer.flush();

    // The topic was filled before this dashboard's start.
    let dashboard = restored_dashboard(&broker).await;
    let state = patient(&dashboard, "rounds-1").await;
    assert_eq!(state["news2"]["total"], 5, "{state}");
    assert_eq!(state["vitals"]["temperature"]["value"], 38.6);
    let parts = state["news2"]["parts"].as_array().unwrap();
    let age_of = |name: &str| {
        let part = parts.iter().find(|part| part["name"] == name).unwrap();
        now_ms() - part["time_ms"].as_i64().unwrap()
    };
    assert!(age_of("consciousness") >= 660_000, "{state}");
    assert!(age_of("pulse") < 660_000, "{state}");
    dashboard.stop().await;
}

/// Times of producers without a clock, or in another unit.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_restores_readings_with_impossible_kafka_times() {
    let broker = broker();
    let producer = Producer::new(&broker);
    let now_ms = now_ms();
    let sent = [
        ("seconds", now_ms / 1000),
        ("microseconds", now_ms * 1000),
        ("ahead", now_ms + 86_400_000),
        // librdkafka replaces 0 by its own time.
        ("one", 1),
    ];
    let measured_ms = now_ms - 600_000;
    for (id, time_ms) in sent {
        let reading = json!({"patient_id": id, "timestamp": measured_ms, "spo2": 84});
        producer.send_at(time_ms, id, &reading.to_string());
    }
    producer.flush();

    let dashboard = restored_dashboard(&broker).await;
    for (id, _) in sent {
        let state = patient(&dashboard, id).await;
        assert_eq!(state["vitals"]["spo2"]["value"], 84.0, "{id}: {state}");
        // Neither in 1970 nor a moment ago.
        assert_eq!(state["last_arrival_ms"], measured_ms, "{id}: {state}");
    }
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_makes_a_tile_and_outranks_no_later_arrival() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    let start_ms = now_ms();
    let clocks = [
        ("fast-4min", 240_000),
        ("fast-10min", 600_000),
        ("slow-2h", -7_200_000),
        ("year-2000", 946_684_800_000 - start_ms),
        ("year-2161", 6_040_000_000_000 - start_ms),
    ];
    for (id, ahead_ms) in clocks {
        producer.read(id, &json!({"timestamp": start_ms + ahead_ms, "heart_rate": 80}));
    }
    let corrected = json!({"timestamp": start_ms, "heart_rate": 150, "spo2": 84});
    producer.read("fast-4min", &corrected);
    for (id, _) in clocks {
        wait_until("every patient has a tile", async || {
            patient(&dashboard, id).await["last_arrival_ms"].as_i64().unwrap_or(0) >= start_ms
        })
        .await;
    }
    wait_until("the corrected reading is displayed", async || {
        patient(&dashboard, "fast-4min").await["vitals"]["heart_rate"]["value"] == 150.0
    })
    .await;
    let state = patient(&dashboard, "year-2161").await;
    let time_ms = state["vitals"]["heart_rate"]["time_ms"].as_i64().unwrap();
    assert!(time_ms <= now_ms(), "no value is dated ahead: {state}");
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_prescribes_the_scale_and_excludes_children_until_its_tombstone() {
    let broker = broker();
    broker.create_topic(CONTEXTS, 1, 1).unwrap();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    let readings = json!({"spo2": 97, "supplemental_oxygen": true, "respiratory_rate": 18,
        "systolic": 124, "heart_rate": 84, "temperature": 36.9, "consciousness": "A"});
    producer.read("copd", &readings);
    producer.read("baby", &readings);
    let total = async |id: &str| patient(&dashboard, id).await["news2"]["total"].clone();
    wait_until("scale 1 counts", async || total("copd").await == 2 && total("baby").await == 2)
        .await;

    let prescription = json!({"patient_id": "copd",
        "spo2": {"scale": 2, "by": "Dr. Novak", "at_ms": 1_763_812_800_000_i64, "reason": "COPD"}});
    producer.send_to(CONTEXTS, "copd", Some(&prescription.to_string()));
    let child = json!({"patient_id": "baby", "age_group": "child"});
    producer.send_to(CONTEXTS, "baby", Some(&child.to_string()));
    wait_until("scale 2 counts", async || total("copd").await == 5).await;
    let state = patient(&dashboard, "copd").await;
    assert_eq!(state["spo2_prescription"], prescription["spo2"]);
    wait_until("NEWS2 does not apply", async || {
        patient(&dashboard, "baby").await["news2"]["not_applicable"] == "under16"
    })
    .await;
    assert_eq!(total("baby").await, Value::Null);

    producer.send_to(CONTEXTS, "copd", None);
    wait_until("scale 1 counts again", async || total("copd").await == 2).await;
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admission_ends_the_stay_of_the_former_patient() {
    let broker = broker();
    broker.create_topic(CONTEXTS, 1, 1).unwrap();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    let former = json!({"systolic": 88, "diastolic": 50, "temperature": 39.4,
        "supplemental_oxygen": true, "consciousness": "V", "heart_rate": 120});
    producer.read("ICU-9", &former);
    wait_until("the former patient is displayed", async || {
        patient(&dashboard, "ICU-9").await["news2"]["partial"] == 12
    })
    .await;
    let admission = json!({"patient_id": "ICU-9", "admitted_ms": now_ms() + 1});
    producer.send_to(CONTEXTS, "ICU-9", Some(&admission.to_string()));
    wait_until("nothing of the former patient is left", async || {
        let state = patient(&dashboard, "ICU-9").await;
        state["vitals"] == json!({}) && state["consciousness"] == Value::Null
    })
    .await;
    producer.read("ICU-9", &json!({"heart_rate": 70, "spo2": 98, "respiratory_rate": 14}));
    wait_until("the newcomer is displayed", async || {
        patient(&dashboard, "ICU-9").await["vitals"]["heart_rate"]["value"] == 70.0
    })
    .await;
    let state = patient(&dashboard, "ICU-9").await;
    assert_eq!((&state["news2"]["total"], &state["news2"]["partial"]), (&Value::Null, &json!(0)));

    let discharge = json!({"patient_id": "ICU-9", "discharged_ms": now_ms() + 60_000});
    producer.send_to(CONTEXTS, "ICU-9", Some(&discharge.to_string()));
    wait_until("the patient has left", async || patient(&dashboard, "ICU-9").await.is_null()).await;
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alarms_of_the_watch_are_on_the_ward_until_its_tombstone() {
    const STATES: &str = "patient-status";
    let broker = broker();
    broker.create_topic(STATES, 1, 1).unwrap();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    producer.read("watched", &json!({"spo2": 88}));
    let state = json!({"at_ms": now_ms(), "last_arrival_ms": now_ms(), "score": {"shown_band": "low"}, "alarms": [{
        "id": "watched/limit.spo2.low/5", "rule": "limit.spo2.low", "priority": "medium",
        "onset_ms": 5, "raised_ms": 9, "text": "SpO2 88 < 90"}]});
    producer.send_to(STATES, "watched", Some(&state.to_string()));
    let texts = async || -> Vec<Value> {
        let alarms = patient(&dashboard, "watched").await["alarms"].clone();
        alarms.as_array().into_iter().flatten().map(|alarm| alarm["text"].clone()).collect()
    };
    wait_until("the alarm is shown", async || texts().await == ["SpO2 88 < 90"]).await;
    producer.send_to(STATES, "watched", None);
    wait_until("the alarm has gone", async || texts().await.is_empty()).await;
    dashboard.stop().await;
}

/// A dashboard that has restored the readings from before its start.
async fn restored_dashboard(broker: &Broker) -> Dashboard {
    let dashboard = Dashboard::start(broker).await;
    let mut events = dashboard.watch("").await;
    let restored =
        events.find_with(|event| event.name == "heartbeat" && event.data["restoring"] == false);
    restored.await;
    dashboard
}
