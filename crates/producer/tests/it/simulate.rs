use producer::{Command, SimulateArgs};

use crate::support::{PATIENCE, Running, arrived, broker, check_complete, empty_broker, settings};

fn simulate(patients: u32, rate: f64, count: Option<u64>) -> Command {
    let rate = Some(rate);
    Command::Simulate(SimulateArgs { patients, rate, count, ..SimulateArgs::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_readings_arrives_exactly_once_and_in_order() {
    let broker = broker();
    let settings = settings(&broker);
    let producer = Running::start(settings.clone(), simulate(17, 0.0, Some(20_000))).await;
    producer.ended().await.unwrap();
    let messages = arrived(&settings).await;
    assert_eq!(messages.len(), 20_000);
    let counts = check_complete(&messages);
    assert_eq!(counts.len(), 17);
    assert!(counts.values().all(|count| (1176..=1177).contains(count)), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_health_readiness_and_metrics_and_stops_when_told() {
    let broker = broker();
    let settings = settings(&broker);
    let producer = Running::start(settings.clone(), simulate(5, 200.0, None)).await;
    let body = producer.wait_for("/ready", |status, _| status == 200).await;
    assert!(body.contains("\"ready\""), "{body}");
    let (status, body) = producer.get("/health").await;
    assert!(status == 200 && body.contains("\"producer\""), "{body}");
    // The counts are the process's, with those of other tests; what arrived is this test's.
    let until = tokio::time::Instant::now() + PATIENCE;
    while arrived(&settings).await.len() < 50 {
        assert!(tokio::time::Instant::now() < until, "nothing arrives");
    }
    let counted = |text: &str| {
        text.lines().any(|line| {
            let count = line.strip_prefix("vitals_producer_delivered_total ");
            count.and_then(|count| count.parse::<f64>().ok()).is_some_and(|count| count >= 50.0)
        })
    };
    let metrics = producer.wait_for("/metrics", |_, text| counted(text)).await;
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
    let messages = arrived(&settings).await;
    assert_eq!(check_complete(&messages).len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pace_is_kept_and_times_are_those_of_the_wall_clock() {
    let broker = broker();
    let settings = settings(&broker);
    let before_ms = vitals_core::runtime::clock::now_ms();
    let producer = Running::start(settings.clone(), simulate(2, 100.0, Some(101))).await;
    producer.ended().await.unwrap();
    let after_ms = vitals_core::runtime::clock::now_ms();
    let times: Vec<_> = arrived(&settings).await.iter().map(|message| message.time_ms).collect();
    let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!((990..=1010).contains(&(last - first)), "{}", last - first);
    assert!(*first >= before_ms && *last <= after_ms);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_created() {
    let broker = empty_broker();
    let settings = settings(&broker);
    let producer = Running::start(settings.clone(), simulate(3, 0.0, Some(30))).await;
    producer.ended().await.unwrap();
    assert_eq!(check_complete(&arrived(&settings).await).len(), 3);
}
