//! Missing topics, broker outages and malformed messages.

use serde_json::json;

use crate::support::{Dashboard, Producer, TOPIC, broker, wait_until};
use rdkafka::mocking::MockCluster;

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_created_later_is_read_from_its_beginning() {
    let broker = MockCluster::new(1).unwrap();
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |_| {}).await;
    wait_until("readiness reports the missing topic", async || {
        let ready = dashboard.get("/ready").await;
        ready.status() == 503 && ready.text().await.unwrap().contains("kafka: no topic vitals")
    })
    .await;
    assert_eq!(dashboard.get("/health").await.status(), 200);
    broker.create_topic(TOPIC, 2, 1).unwrap();
    let producer = Producer::new(&broker);
    producer.read("p-1", &json!({"heart_rate": 72}));
    producer.flush();
    dashboard.wait_ready().await;
    let mut events = dashboard.watch("").await;
    events.find_with(|event| event.vital("p-1", "heart_rate") == Some(72.0)).await;
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_outage_is_reported_and_readings_resume_after_it() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    let mut events = dashboard.watch("").await;
    producer.read("p-1", &json!({"heart_rate": 72}));
    events.find_with(|event| event.vital("p-1", "heart_rate") == Some(72.0)).await;

    broker.broker_down(1).unwrap();
    let connected = |wanted: bool| {
        move |event: &crate::event_reader::Event| {
            event.name == "heartbeat" && event.data["connected"] == wanted
        }
    };
    events.find_with(connected(false)).await;
    let ready = dashboard.get("/ready").await;
    assert_eq!(ready.status(), 503);
    let reasons = ready.text().await.unwrap();
    assert!(reasons.contains("\"kafka: ") && !reasons.contains("kafka: starting"), "{reasons}");
    let ward = dashboard.json("/api/ward").await;
    assert_eq!(ward["patients"][0]["patient_id"], "p-1", "the last state is kept");
    assert_eq!(dashboard.json("/api/status").await["kafka"], "down");

    broker.broker_up(1).unwrap();
    events.find_with(connected(true)).await;
    producer.read("p-1", &json!({"heart_rate": 73}));
    events.find_with(|event| event.vital("p-1", "heart_rate") == Some(73.0)).await;
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_messages_are_counted_by_reason() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    producer.send("p-1", "{not json");
    producer.send("p-1", r#"{"patient_id":"p-1","heart_rate":72}"#);
    producer.read("p-1", &json!({"heart_rate": 72}));
    let mut events = dashboard.watch("").await;
    let event = events.find_with(|event| event.vital("p-1", "heart_rate").is_some()).await;
    assert_eq!(event.vital("p-1", "heart_rate"), Some(72.0));
    let metrics = dashboard.get("/metrics").await.text().await.unwrap();
    for reason in ["not_json", "missing_field"] {
        let counted = format!("vitals_dashboard_rejected_total{{reason=\"{reason}\"}}");
        assert!(metrics.contains(&counted), "{counted} in {metrics}");
    }
    dashboard.stop().await;
}
