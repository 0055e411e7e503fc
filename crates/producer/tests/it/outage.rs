use std::time::Duration;

use producer::{Command, SimulateArgs};
use vitals_core::runtime::config::Settings;

use crate::support::{RunningProducer, broker, check_complete, received, settings};

fn simulate(rate: f64, count: Option<u64>) -> Command {
    let args = SimulateArgs { patients: 7, rate: Some(rate), count, ..SimulateArgs::default() };
    Command::Simulate(args)
}

fn with_short_timeouts(mut settings: Settings) -> Settings {
    settings.kafka.request_timeout_ms = 500;
    settings.producer.drain_timeout_ms = 300;
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_starts_late_receives_every_reading() {
    let broker = broker();
    broker.broker_down(-1).unwrap();
    let settings = with_short_timeouts(settings(&broker));
    let producer = RunningProducer::start(settings.clone(), simulate(0.0, Some(5_000))).await;
    let body = producer.wait_for("/ready", |_, body| !body.contains("kafka: starting")).await;
    assert!(body.contains("\"kafka: ") && body.contains("not_ready"), "{body}");
    assert_eq!(producer.get("/health").await.0, 200);
    broker.broker_up(-1).unwrap();
    producer.ended().await.unwrap();
    let messages = received(&settings).await;
    assert_eq!(messages.len(), 5_000);
    assert_eq!(check_complete(&messages).len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_delays_readings_but_loses_none() {
    let broker = broker();
    let mut settings = with_short_timeouts(settings(&broker));
    // A queue small enough to fill up during the outage.
    settings.producer.max_in_flight = 500;
    let producer = RunningProducer::start(settings.clone(), simulate(2_000.0, Some(6_000))).await;
    producer.wait_for("/ready", |status, _| status == 200).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    broker.broker_down(-1).unwrap();
    let body = producer.wait_for("/ready", |status, _| status == 503).await;
    assert!(body.contains("kafka: "), "{body}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    broker.broker_up(-1).unwrap();
    producer.ended().await.unwrap();
    let messages = received(&settings).await;
    assert_eq!(messages.len(), 6_000);
    check_complete(&messages);
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_unacknowledged_after_the_drain_timeout_are_an_error() {
    let broker = broker();
    let settings = with_short_timeouts(settings(&broker));
    let producer = RunningProducer::start(settings, simulate(500.0, None)).await;
    producer.wait_for("/ready", |status, _| status == 200).await;
    broker.broker_down(-1).unwrap();
    producer.wait_for("/ready", |status, _| status == 503).await;
    producer.shutdown.cancel();
    let error = format!("{:#}", producer.ended().await.unwrap_err());
    assert!(error.contains("readings were not acknowledged within 300ms"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_waiting_for_the_broker_is_no_error() {
    let broker = broker();
    broker.broker_down(-1).unwrap();
    let producer =
        RunningProducer::start(with_short_timeouts(settings(&broker)), simulate(500.0, None)).await;
    producer.wait_for("/ready", |status, _| status == 503).await;
    producer.shutdown.cancel();
    producer.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_rejection_ends_the_service() {
    use rdkafka::types::{
        RDKafkaApiKey, RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    };
    let broker = broker();
    let settings = settings(&broker);
    broker.request_errors(
        RDKafkaApiKey::Produce,
        &[RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 20],
    );
    let producer = RunningProducer::start(settings, simulate(500.0, None)).await;
    let error = format!("{:#}", producer.ended().await.unwrap_err());
    assert!(error.contains("Kafka rejects readings"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_acknowledges_nothing_is_reported_as_down() {
    let broker = broker();
    let settings = with_short_timeouts(settings(&broker));
    let producer = RunningProducer::start(settings.clone(), simulate(100.0, Some(200))).await;
    producer.wait_for("/ready", |status, _| status == 200).await;
    broker.broker_round_trip_time(-1, Duration::from_secs(3)).unwrap();
    let reason = "kafka: nothing acknowledged for 500ms";
    producer.wait_for("/ready", |_, body| body.contains(reason)).await;
    broker.broker_round_trip_time(-1, Duration::ZERO).unwrap();
    producer.ended().await.unwrap();
    check_complete(&received(&settings).await);
}
