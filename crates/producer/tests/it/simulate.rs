use producer::{Command, SimulateArgs};

use crate::support::{
    RunningProducer, TIMEOUT, broker, check_complete, empty_broker, received, settings, values,
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

#[tokio::test(flavor = "multi_thread")]
async fn contexts_and_ground_truth_accompany_the_readings() {
    let broker = empty_broker();
    let settings = settings(&broker);
    let scenario = tempfile::NamedTempFile::new().unwrap();
    let text = r#"
        [[patient]]
        number = 2
        copd = true
        episode = [{ scenario = "hypoxia", onset_min = 0.1 }]
    "#;
    std::fs::write(scenario.path(), text).unwrap();
    let command = Command::Simulate(SimulateArgs {
        patients: 2,
        rate: Some(0.0),
        count: Some(40),
        start_ms: Some(1_763_812_800_000),
        scenario: Some(scenario.path().to_owned()),
        ..SimulateArgs::default()
    });
    for _ in 0..2 {
        let producer = RunningProducer::start(settings.clone(), command.clone()).await;
        producer.ended().await.unwrap();
    }
    // The second run finds the contexts of the first.
    let mut contexts = values(&settings, &settings.kafka.topics.patient_context).await;
    contexts.sort_by_key(|context| context["patient_id"].to_string());
    assert_eq!(contexts.len(), 2, "{contexts:?}");
    assert_eq!((&contexts[0]["patient_id"], &contexts[0]["spo2"]), (&"p-0001".into(), &().into()));
    assert_eq!(contexts[1]["spo2"]["scale"], 2);
    let truths = values(&settings, &settings.kafka.topics.simulation_truth).await;
    let expected = serde_json::json!({
        "patient_id": "p-0002",
        "scenario": "hypoxia",
        "onset": 1_763_812_806_000_i64,
        "end": 1_763_812_806_000_i64 + 180 * 60_000,
    });
    assert_eq!(truths, [expected.clone(), expected]);
}
