//! 100,000 readings, a consumer that is killed half-way, and a reader that knows nothing of us.

use serde_json::Value;
use xtask::independent::{self, FINDINGS};

use crate::support::cluster::{Cluster, TOPIC};
use crate::support::{seconds, wait_until};

const READINGS: u32 = 100_000;
const PATIENTS: u32 = 100;

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

    let (patients, count) = (PATIENTS.to_string(), READINGS.to_string());
    let simulate =
        ["simulate", "--patients", &patients, "--rate", "0", "--seed", "7", "--count", &count];
    let mut producer = cluster.spawn("producer", &simulate, &[]);
    wait_until("half of the readings are committed", seconds(120), async || {
        committed(&cluster).await >= f64::from(READINGS / 2)
    })
    .await;
    consumer.crash().await;
    let status = producer.ended(seconds(60)).await;
    assert!(status.success(), "producer: {status}");
    // What a crash leaves is incomplete, and nothing but incomplete.
    let crashed = compare(&cluster);
    check(&crashed, &["readings_missing", "positions_missing"]);
    assert!(crashed["stored"].as_u64().unwrap() >= u64::from(READINGS / 2), "{crashed}");
    let missing = crashed["readings_missing"].as_u64().unwrap();
    assert!(missing > 0, "it was killed after the last commit, which proves nothing: {crashed}");

    let consumer = cluster.spawn("consumer.restarted", &[], &ROTATION);
    cluster.wait_archived().await;
    consumer.stop().await;
    let compared = compare(&cluster);
    check(&compared, &[]);
    assert_eq!(compared["stored"], READINGS, "{compared}");
    assert_eq!(compared["patients"], PATIENTS, "{compared}");
    check_readers(&cluster);
    let audit = cluster.spawn("consumer.audit", &["audit"], &[]).ended(seconds(60)).await;
    assert!(audit.success(), "the lake's own audit has findings: {audit}");
    println!("killed with {missing} of {READINGS} missing; in the end: {compared}");
}

fn compare(cluster: &Cluster) -> Value {
    let broker = cluster.services.bootstrap_servers();
    independent::compare(&broker, &[(&cluster.table(), TOPIC)]).unwrap().remove(0)
}

/// Everything was produced, nothing rejected, and there is no finding but those `allowed`.
fn check(compared: &Value, allowed: &[&str]) {
    assert_eq!(compared["messages"], READINGS, "{compared}");
    assert_eq!(compared["rejected"], 0, "{compared}");
    for finding in FINDINGS.iter().filter(|finding| !allowed.contains(finding)) {
        assert_eq!(compared[finding], 0, "{finding}: {compared}");
    }
}

/// Every reader that docs/lake.md names sees the same rows.
fn check_readers(cluster: &Cluster) {
    let found =
        independent::run("read_lake.py", &[&cluster.table().display().to_string()]).unwrap();
    let offsets = &found["pandas"]["offsets"];
    for reader in ["pandas", "polars", "duckdb"] {
        let rows = &found[reader];
        assert_eq!(rows["rows"], READINGS, "{found}");
        assert_eq!(rows["patients"], PATIENTS, "{found}");
        assert_eq!(&rows["offsets"], offsets, "{found}");
    }
    xtask::say!("read by pandas, polars and DuckDB: {found}");
}

async fn committed(cluster: &Cluster) -> f64 {
    cluster.consumer_metric("vitals_archive_stored_total", "").await
}
