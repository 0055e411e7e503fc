use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, config::RDKafkaLogLevel, error::KafkaError, mocking::MockCluster,
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::runtime::readiness::Readiness;

const TIMEOUT: Duration = Duration::from_secs(20);

fn client(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", servers)
        .set("message.max.bytes", "1000")
        .set("reconnect.backoff.max.ms", "100");
    config
}

fn message(payload: &[u8]) -> OutgoingMessage<'_> {
    OutgoingMessage {
        topic: "vitals",
        key: Some(b"p-1"),
        payload: Some(payload),
        headers: None,
        timestamp_ms: None,
    }
}

#[track_caller]
fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "the condition was not met in time");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn deliveries_are_counted_with_and_without_a_polling_thread() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("vitals", 1, 1).unwrap();
    let config = client(&cluster.bootstrap_servers());
    let callbacks = || ProducerCallbacks::new("test", DeliveryMetrics::default());
    for producer in [
        CountedProducer::threaded(&config, callbacks()).unwrap(),
        CountedProducer::polled(&config, callbacks()).unwrap(),
    ] {
        producer.send(message(b"one")).unwrap();
        producer.send(message(b"two")).unwrap();
        producer.flush(TIMEOUT).unwrap();
        wait_until(|| producer.stats().in_flight() == 0);
        assert_eq!(producer.stats(), DeliveryStats { sent: 2, delivered: 2, failed: 0 });
    }
}

/// Else the reports of a busy producer would pile up until its queue is full.
#[test]
fn reports_of_several_batches_are_served_at_once() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("vitals", 4, 1).unwrap();
    let callbacks = ProducerCallbacks::new("test", DeliveryMetrics::default());
    let producer =
        CountedProducer::polled(&client(&cluster.bootstrap_servers()), callbacks).unwrap();
    // Every partition has batches of its own.
    let keys: Vec<_> = (0..32).map(|number| format!("p-{number}")).collect();
    for key in &keys {
        let message = OutgoingMessage { key: Some(key.as_bytes()), ..message(b"one") };
        producer.send(message).unwrap();
    }
    // Not served meanwhile: the reports arrive within milliseconds.
    std::thread::sleep(Duration::from_secs(2));
    assert!(producer.serve_reports());
    assert_eq!(producer.stats(), DeliveryStats { sent: 32, delivered: 32, failed: 0 });
    assert!(!producer.serve_reports());
}

#[test]
fn a_message_that_the_client_refuses_is_counted_on_demand() {
    let config = client("127.0.0.1:9");
    let callbacks = ProducerCallbacks::new("test", DeliveryMetrics::default());
    let producer = CountedProducer::polled(&config, callbacks).unwrap();
    let error = producer.send(message(&[0; 2_000])).unwrap_err();
    assert!(!is_queue_full(&error));
    assert_eq!(producer.stats(), DeliveryStats::default());
    producer.count_failure(&error, "vitals");
    assert_eq!(producer.stats(), DeliveryStats { sent: 1, delivered: 0, failed: 1 });
    assert_eq!(producer.permanent_error(), None);
}

#[test]
fn a_failed_message_stops_a_strict_producer() {
    let stop = CancellationToken::new();
    let metrics = DeliveryMetrics::default();
    let callbacks = ProducerCallbacks::strict("test", metrics, Readiness::default(), stop.clone());
    let producer = CountedProducer::threaded(&client("127.0.0.1:9"), callbacks).unwrap();
    let error = producer.send(message(&[0; 2_000])).unwrap_err();
    producer.count_failure(&error, "vitals");
    assert!(producer.permanent_error().unwrap().contains("MessageSizeTooLarge"));
    assert!(stop.is_cancelled());
    assert_eq!(producer.stats().undelivered(), 1);
}

#[test]
fn an_outage_ends_with_the_first_delivery() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("vitals", 1, 1).unwrap();
    let readiness = Readiness::waiting_for(&[READINESS_CONDITION]);
    let callbacks = ProducerCallbacks::strict(
        "test",
        DeliveryMetrics::default(),
        readiness.clone(),
        CancellationToken::new(),
    );
    let config = client(&cluster.bootstrap_servers());
    let producer = CountedProducer::threaded(&config, callbacks).unwrap();
    producer.send(message(b"before")).unwrap();
    producer.flush(TIMEOUT).unwrap();

    cluster.broker_down(1).unwrap();
    producer.send(message(b"during")).unwrap();
    wait_until(|| !producer.broker().is_up());
    assert!(readiness.reasons()[0].starts_with("kafka: "), "{:?}", readiness.reasons());

    cluster.broker_up(1).unwrap();
    wait_until(|| producer.broker().is_up());
    assert!(readiness.reasons().is_empty());
    wait_until(|| producer.stats().in_flight() == 0);
    assert_eq!(producer.stats().delivered, 2);
}

/// The brokers accept the message, and respond late.
#[test]
fn brokers_that_do_not_respond_are_an_outage_until_they_do() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("vitals", 1, 1).unwrap();
    let config = client(&cluster.bootstrap_servers());
    let callbacks = ProducerCallbacks::new("test", DeliveryMetrics::default());
    let producer = CountedProducer::threaded(&config, callbacks).unwrap();
    producer.send(message(b"before")).unwrap();
    producer.flush(TIMEOUT).unwrap();

    cluster.broker_round_trip_time(1, Duration::from_secs(14)).unwrap();
    producer.send(message(b"during")).unwrap();
    wait_until(|| !producer.broker().is_up());
    let outage = producer.broker().outage();
    assert!(
        outage.starts_with("the brokers do not respond; the last response came at"),
        "{outage}"
    );
    assert_eq!(producer.stats().delivered, 1);

    cluster.broker_round_trip_time(1, Duration::ZERO).unwrap();
    wait_until(|| producer.broker().is_up());
    producer.flush(TIMEOUT).unwrap();
}

/// As with a process that is stopped: the kernel accepts connections.
#[test]
fn brokers_that_have_never_responded_are_named_as_such() {
    let stopped = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = client(&stopped.local_addr().unwrap().to_string());
    config.set("api.version.request.timeout.ms", "200").set_log_level(RDKafkaLogLevel::Warning);
    let callbacks = ProducerCallbacks::new("test", DeliveryMetrics::default());
    let producer = CountedProducer::threaded(&config, callbacks).unwrap();
    wait_until(|| !producer.broker().is_up());
    assert_eq!(producer.broker().outage(), "the brokers do not respond");
}

#[tokio::test]
async fn a_stall_is_an_outage() {
    let callbacks = ProducerCallbacks::new("test", DeliveryMetrics::default());
    let watching = callbacks.clone();
    callbacks.message_sent();
    tokio::spawn(watching.detect_stalls(Duration::from_millis(50)));
    let start = Instant::now();
    while callbacks.broker().is_up() {
        assert!(start.elapsed() < TIMEOUT, "the stall was not detected");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn watermarks_and_partitions_of_a_topic_are_found() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("vitals", 3, 1).unwrap();
    let config = client(&cluster.bootstrap_servers());
    let consumer: rdkafka::consumer::BaseConsumer = config.create().unwrap();
    let kafka = rdkafka::consumer::Consumer::client(&consumer);
    assert_eq!(partitions(kafka, "vitals", TIMEOUT).unwrap(), [0, 1, 2]);
    assert!(topic_exists(kafka, "vitals", TIMEOUT).unwrap());
    assert!(watermarks(kafka, "vitals", 0, TIMEOUT).unwrap().is_empty());
}

/// A log in memory.
#[derive(Clone, Default)]
struct MemoryLog(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for MemoryLog {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_topic_that_is_missing_is_one_warning() {
    let log = MemoryLog::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(move || writer.clone())
        .finish();
    let callbacks = ProducerCallbacks::new("dead letters", DeliveryMetrics::default());
    let producer = CountedProducer::polled(&client("127.0.0.1:9"), callbacks).unwrap();
    let error = KafkaError::MessageProduction(RDKafkaErrorCode::UnknownTopic);
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..1000 {
            producer.count_failure(&error, "vitals.rejected");
        }
    });
    let lines = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(lines.matches("message failed").count(), 1, "{lines}");
}
