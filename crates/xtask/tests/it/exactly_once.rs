//! 100,000 readings, a consumer that is killed half-way, and a reader that knows nothing of us.

use serde_json::Value;

use crate::support::cluster::{Cluster, TOPIC};
use crate::support::{python, seconds, wait_until};

const READINGS: u32 = 100_000;

/// Small batches, so that there are many commits to be killed between and within.
const ROTATION: [(&str, &str); 3] = [
    ("CONSUMER__ROTATION__MAX_ROWS", "4000"),
    ("CONSUMER__ROTATION__MAX_AGE_MS", "500"),
    ("CONSUMER__SESSION_TIMEOUT_MS", "6000"),
];

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn every_reading_is_stored_once_though_the_consumer_is_killed() {
    let cluster = Cluster::start("exactly_once").await;
    let consumer = cluster.spawn("consumer", &[], &ROTATION);
    cluster.wait_ready(&cluster.consumer).await;

    let count = READINGS.to_string();
    let simulate =
        ["simulate", "--patients", "100", "--rate", "0", "--seed", "7", "--count", &count];
    let mut producer = cluster.spawn("producer", &simulate, &[]);
    wait_until("half of the readings are committed", seconds(120), async || {
        committed(&cluster).await >= f64::from(READINGS / 2)
    })
    .await;
    consumer.crash().await;
    let status = producer.ended(seconds(60)).await;
    assert!(status.success(), "producer: {status}");
    let left = cluster.lag();
    assert!(left > 0, "it was killed after the last commit, which proves nothing");

    let consumer = cluster.spawn("consumer.restarted", &[], &ROTATION);
    cluster.wait_archived().await;
    consumer.stop().await;

    let table = cluster.table().display().to_string();
    let broker = cluster.services.bootstrap_servers();
    let compared = python::run("compare_with_kafka.py", &[&table, &broker, TOPIC]);
    check(&compared);
}

fn check(compared: &Value) {
    let number = |name: &str| compared[name].as_u64().unwrap_or_else(|| panic!("no {name}"));
    let readings = u64::from(READINGS);
    assert_eq!(number("messages"), readings, "{compared}");
    assert_eq!(number("stored") + number("rejected"), readings, "{compared}");
    assert_eq!(number("rejected"), 0, "{compared}");
    assert_eq!(number("patients"), 100, "{compared}");
    let findings = [
        "readings_missing",
        "readings_twice",
        "readings_invented",
        "positions_missing",
        "positions_twice",
        "positions_invented",
        "values_different",
    ];
    for finding in findings {
        assert_eq!(number(finding), 0, "{finding}: {compared}");
    }
}

async fn committed(cluster: &Cluster) -> f64 {
    cluster.consumer_metric("vitals_archive_stored_total", "").await
}
