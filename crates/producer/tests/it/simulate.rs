use producer::{Command, SimulateArgs};

use crate::support::{
    RunningProducer, TIMEOUT, broker, check_complete, empty_broker, received, settings,
};

fn simulate(patients: u32, rate: f64, count: Option<u64>) -> Command {
    let rate = Some(rate);
    Command::Simulate(SimulateArgs { patients, rate, count, ..SimulateArgs::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_readings_arrives_exactly_once_and_in_order() {
    let broker = broker();
    let settings = settings(&broker);
    let producer = RunningProducer::start(settings.clone(), simulate(17, 0.0, Some(20_000))).await;
    producer.ended().await.unwrap();
    let messages = received(&settings).await;
    assert_eq!(messages.len(), 20_000);
    let counts = check_complete(&messages);
    assert_eq!(counts.len(), 17);
    assert!(counts.values().all(|count| (1176..=1177).contains(count)), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_health_readiness_and_metrics_and_stops_on_shutdown() {
    let broker = broker();
    let settings = settings(&broker);
    let producer = RunningProducer::start(settings.clone(), simulate(5, 200.0, None)).await;
    let body = producer.wait_for("/ready", |status, _| status == 200).await;
    assert!(body.contains("\"ready\""), "{body}");
    let (status, body) = producer.get("/health").await;
    assert!(status == 200 && body.contains("\"producer\""), "{body}");
    // The metrics count the readings of all tests in this process, the topic only those of this test.
    let until = tokio::time::Instant::now() + TIMEOUT;
    while received(&settings).await.len() < 50 {
        assert!(tokio::time::Instant::now() < until, "no reading arrived");
    }
    let metrics = producer.wait_for("/metrics", |_, text| delivered(text) >= 50.0).await;
    for name in [
        "vitals_producer_sent_total",
        "vitals_producer_failed_total",
        "vitals_producer_queue",
        "vitals_producer_delivery_seconds_bucket",
    ] {
        assert!(metrics.contains(name), "no {name} in {metrics}");
    }
    producer.shutdown.cancel();
    producer.ended().await.unwrap();
    let messages = received(&settings).await;
    assert_eq!(check_complete(&messages).len(), 5);
}

/// The counter of acknowledged readings in a `/metrics` response; 0 if absent.
fn delivered(metrics: &str) -> f64 {
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("vitals_producer_delivered_total "))
        .and_then(|value| value.parse().ok());
    value.unwrap_or(0.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_keep_the_pace_and_carry_the_wall_clock() {
    let broker = broker();
    let settings = settings(&broker);
    let before_ms = vitals_core::runtime::clock::now_ms();
    let producer = RunningProducer::start(settings.clone(), simulate(2, 100.0, Some(101))).await;
    producer.ended().await.unwrap();
    let after_ms = vitals_core::runtime::clock::now_ms();
    let times: Vec<_> = received(&settings).await.iter().map(|message| message.time_ms).collect();
    let first = times.iter().min().unwrap();
    let last = times.iter().max().unwrap();
    assert!((990..=1010).contains(&(last - first)), "{}", last - first);
    assert!(*first >= before_ms && *last <= after_ms);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_topic_is_created() {
    let broker = empty_broker();
    let settings = settings(&broker);
    let producer = RunningProducer::start(settings.clone(), simulate(3, 0.0, Some(30))).await;
    producer.ended().await.unwrap();
    assert_eq!(check_complete(&received(&settings).await).len(), 3);
}
