//! Kafka comes, goes and sends nonsense.

use serde_json::json;

use crate::support::{Dashboard, Producer, TOPIC, broker, wait_until};
use rdkafka::mocking::MockCluster;

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_waited_for_and_read_from_its_start() {
    let broker = MockCluster::new(1).unwrap();
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |_| {}).await;
    wait_until("it says that the topic is missing", async || {
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
async fn a_broker_that_goes_away_is_said_and_readings_go_on_when_it_is_back() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    let mut events = dashboard.watch("").await;
    producer.read("p-1", &json!({"heart_rate": 72}));
    events.find_with(|event| event.vital("p-1", "heart_rate") == Some(72.0)).await;

    broker.broker_down(1).unwrap();
    let connected = |wanted: bool| {
        move |event: &crate::events::Event| {
            event.name == "heartbeat" && event.data["connected"] == wanted
        }
    };
    events.find_with(connected(false)).await;
    let ready = dashboard.get("/ready").await;
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains("kafka: the broker does not answer"));
    let ward = dashboard.json("/api/ward").await;
    assert_eq!(ward["patients"][0]["patient_id"], "p-1", "what is known stays");
    assert_eq!(dashboard.json("/api/status").await["kafka"], "down");

    broker.broker_up(1).unwrap();
    events.find_with(connected(true)).await;
    producer.read("p-1", &json!({"heart_rate": 73}));
    events.find_with(|event| event.vital("p-1", "heart_rate") == Some(73.0)).await;
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_reading_is_counted_and_left_out() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    producer.send("p-1", "{not json");
    producer.read("p-1", &json!({"heart_rate": 900}));
    producer.read("p-1", &json!({"heart_rate": 72}));
    let mut events = dashboard.watch("").await;
    let event = events.find_with(|event| event.vital("p-1", "heart_rate").is_some()).await;
    assert_eq!(event.vital("p-1", "heart_rate"), Some(72.0));
    let metrics = dashboard.get("/metrics").await.text().await.unwrap();
    for reason in ["not_json", "out_of_range"] {
        let counted = format!("vitals_dashboard_rejected_total{{reason=\"{reason}\"}}");
        assert!(metrics.contains(&counted), "{counted} in {metrics}");
    }
    dashboard.stop().await;
}
