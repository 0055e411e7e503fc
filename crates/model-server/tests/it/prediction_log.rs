//! The prediction log, with and without a broker.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message as _,
    consumer::{BaseConsumer, Consumer as _},
    mocking::MockCluster,
};
use serde_json::{Value, json};
use vitals_core::{
    domain::prediction::{PredictionEvent, Role},
    runtime::config::Settings,
};

use crate::client::{Server, example, settings};

const TOPIC: &str = "predictions";

/// Settings with the prediction log enabled.
fn logging(broker: &str) -> Settings {
    let mut settings = settings();
    broker.clone_into(&mut settings.kafka.bootstrap_servers);
    settings.model_server.log.enabled = true;
    settings.model_server.log.drain_timeout_ms = 500;
    settings
}

/// Consumes the first messages of the topic. Returns keys and values.
fn messages(broker: &str, count: usize) -> Vec<(String, String)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("group.id", "test")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[TOPIC]).unwrap();
    let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
    let started = Instant::now();
    let mut found = Vec::new();
    while found.len() < count {
        assert!(started.elapsed() < Duration::from_secs(30), "{} messages", found.len());
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            let message = message.unwrap();
            found.push((text(message.key()), text(message.payload())));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_prediction_is_published() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 2, 1).unwrap();
    let broker = cluster.bootstrap_servers();
    let mut settings = logging(&broker);
    let index = model_server::registry::Registry::new(settings.model_server.models_dir.as_str());
    let logistic = index.list().unwrap().into_iter().find(|id| id.name() == "logistic").unwrap();
    settings.model_server.shadow = logistic.to_string();
    let server = Server::start_with(settings).await;
    let mut other = example();
    other["insulin"] = json!(0);
    let (_, single) = server.predict(&example()).await;
    let (_, batch) = server.predict(&json!([example(), other])).await;
    server.stop().await;

    let messages = tokio::task::spawn_blocking(move || messages(&broker, 6)).await.unwrap();
    let events: Vec<PredictionEvent<'_>> =
        messages.iter().map(|(_, value)| serde_json::from_str(value).unwrap()).collect();
    for (event, (key, _)) in events.iter().zip(&messages) {
        event.check().unwrap();
        assert_eq!(event.request_id, *key);
    }
    let rows = |id: &Value, role| -> HashSet<u32> {
        let of = |event: &&PredictionEvent<'_>| *id == *event.request_id && event.role == role;
        events.iter().filter(of).map(|event| event.row).collect()
    };
    for role in [Role::Served, Role::Shadow] {
        assert_eq!(rows(&single["request_id"], role), [0].into());
        assert_eq!(rows(&batch["request_id"], role), [0, 1].into());
    }
    let served = events.iter().find(|event| event.row == 1 && event.role == Role::Served).unwrap();
    assert_eq!(json!(served.log_odds), batch["predictions"][1]["log_odds"]);
    assert_eq!(served.not_measured, ["insulin"]);
    let shadow = events.iter().find(|event| event.role == Role::Shadow).unwrap();
    assert_eq!(shadow.model, "logistic");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_requests_succeed_and_drops_are_counted() {
    // No broker listens on this port.
    let mut settings = logging("127.0.0.1:9");
    settings.model_server.log.max_queued_rows = 10;
    let server = Server::start_with(settings).await;
    let started = Instant::now();
    let mut slowest = Duration::ZERO;
    while server.get_json("/health").await["prediction_log"]["dropped"] == 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "nothing was dropped");
        for _ in 0..10 {
            let started = Instant::now();
            let (status, _) = server.predict(&example()).await;
            assert_eq!(status, 200);
            slowest = slowest.max(started.elapsed());
        }
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert_eq!(server.get("/ready").await.status(), 200);
    let metrics = server.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("vitals_model_server_logged_predictions_total{outcome=\"dropped\"}"));
    let stopping = Instant::now();
    server.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(5), "{:?}", stopping.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_larger_than_the_buffer_is_logged_completely() {
    const ROWS: usize = 2_000;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 1, 1).unwrap();
    let mut settings = logging(&cluster.bootstrap_servers());
    settings.model_server.log.max_queued_rows = 50;
    settings.model_server.log.queue_kib = 64;
    settings.model_server.max_body_bytes = 1024 * 1024;
    let server = Server::start_with(settings).await;
    let (status, _) = server.predict(&json!(vec![example(); ROWS])).await;
    assert_eq!(status, 200);
    let started = Instant::now();
    let log = loop {
        let log = server.get_json("/health").await["prediction_log"].clone();
        if log["delivered"] == ROWS {
            break log;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{log}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((&log["waiting"], &log["dropped"]), (&json!(0), &json!(0)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn predictions_are_queued_until_the_broker_is_back() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 1, 1).unwrap();
    cluster.broker_down(1).unwrap();
    let broker = cluster.bootstrap_servers();
    let server = Server::start_with(logging(&broker)).await;
    for _ in 0..5 {
        assert_eq!(server.predict(&example()).await.0, 200);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.get_json("/health").await["prediction_log"]["waiting"], 5);
    cluster.broker_up(1).unwrap();
    let started = Instant::now();
    while server.get_json("/health").await["prediction_log"]["delivered"] != 5 {
        assert!(started.elapsed() < Duration::from_secs(30), "they were not delivered");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = server.get_json("/health").await["prediction_log"].clone();
    assert_eq!(
        (&log["waiting"], &log["dropped"], &log["broker_up"]),
        (&json!(0), &json!(0), &json!(true))
    );
    server.stop().await;
}

async fn wait_for_delivered(server: &Server, count: usize) -> Value {
    let started = Instant::now();
    loop {
        let log = server.get_json("/health").await["prediction_log"].clone();
        if log["delivered"] == count {
            return log;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{log}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_beside_single_requests_lose_no_row() {
    const BATCHES: usize = 5;
    const ROWS: usize = 1_200;
    const SINGLES: usize = 200;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 1, 1).unwrap();
    let mut settings = logging(&cluster.bootstrap_servers());
    settings.model_server.log.max_queued_rows = 1_000;
    settings.model_server.log.queue_kib = 64;
    settings.model_server.max_body_bytes = 1024 * 1024;
    let server = Server::start_with(settings).await;
    let batches = (0..BATCHES).map(async |_| {
        assert_eq!(server.predict(&json!(vec![example(); ROWS])).await.0, 200);
    });
    let singles = async {
        for _ in 0..SINGLES {
            assert_eq!(server.predict(&example()).await.0, 200);
        }
    };
    tokio::join!(futures::future::join_all(batches), singles);
    let log = wait_for_delivered(&server, BATCHES * ROWS + SINGLES).await;
    assert_eq!(log["dropped"], 0, "{log}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandatory_record_is_acknowledged_before_the_response() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 1, 1).unwrap();
    let broker = cluster.bootstrap_servers();
    let mut settings = logging(&broker);
    settings.model_server.log.mandatory = true;
    settings.model_server.log.acknowledgement_timeout_ms = 30_000;
    let server = Server::start_with(settings).await;
    let request = server.client().post(server.url("/predict")).json(&json!([example(), example()]));
    let request = request.header("traceparent", "00-1-2-03").header("x-request-id", "order 7");
    assert_eq!(request.send().await.unwrap().status(), 200);
    // Not awaited: the response is the acknowledgement.
    let log = server.get_json("/health").await["prediction_log"].clone();
    assert_eq!((&log["delivered"], &log["waiting"]), (&json!(2), &json!(0)), "{log}");
    server.stop().await;

    let messages = tokio::task::spawn_blocking(move || messages(&broker, 2)).await.unwrap();
    for (_, value) in &messages {
        let event: PredictionEvent<'_> = serde_json::from_str(value).unwrap();
        assert_eq!(event.caller.as_deref(), Some("127.0.0.1"));
        assert_eq!(event.traceparent.as_deref(), Some("00-1-2-03"));
        assert_eq!(event.client_id.as_deref(), Some("order 7"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_acknowledgement_a_mandatory_prediction_is_refused() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 1, 1).unwrap();
    cluster.broker_down(1).unwrap();
    let mut settings = logging(&cluster.bootstrap_servers());
    settings.model_server.log.mandatory = true;
    settings.model_server.log.acknowledgement_timeout_ms = 300;
    let server = Server::start_with(settings).await;
    let response = server.post(example().to_string(), "application/json").await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    let problem: Value = response.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("could not be logged"), "{problem}");
    let input = json!({"name": "features", "shape": [1, 8], "datatype": "FP64",
        "data": [0, 137, 40, 35, 168, 43.1, 2.288, 33]});
    let infer = server.client().post(server.url("/v2/models/spline/infer"));
    let infer = infer.json(&json!({"inputs": [input]})).send().await.unwrap();
    assert_eq!(infer.status(), 503);
    assert!(infer.json::<Value>().await.unwrap()["error"].is_string());
    server.stop().await;
}
