//! Exactly-once storage: 100,000 readings, a consumer that is killed half-way, and an independent
//! reader.

use serde_json::Value;
use xtask::independent::{self, FINDINGS};

use crate::support::cluster::{Cluster, TOPIC};
use crate::support::{seconds, wait_until};

const READINGS: u32 = 100_000;
const PATIENTS: u32 = 100;

/// Small batches, so that the kill falls between or within one of many commits.
const ROTATION: [(&str, &str); 3] = [
    ("CONSUMER__ROTATION__MAX_ROWS", "4000"),
    ("CONSUMER__ROTATION__MAX_AGE_MS", "500"),
    ("CONSUMER__SESSION_TIMEOUT_MS", "6000"),
];

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn every_reading_is_stored_once_even_if_the_consumer_is_killed() {
    let cluster = Cluster::start("exactly_once").await;
    let consumer = cluster.spawn("consumer", &[], &ROTATION);
    cluster.wait_ready(&cluster.consumer).await;

    // Kill the consumer in the middle of the readings.
    let patients = PATIENTS.to_string();
    let count = READINGS.to_string();
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
    // The table lacks readings, but has no other finding.
    let crashed = compare(&cluster);
    check(&crashed, &["readings_missing", "positions_missing"]);
    assert!(crashed["stored"].as_u64().unwrap() >= u64::from(READINGS / 2), "{crashed}");
    let missing = crashed["readings_missing"].as_u64().unwrap();
    assert!(missing > 0, "the consumer was killed too late, after the last commit: {crashed}");

    // A restarted consumer completes the table.
    let consumer = cluster.spawn("consumer.restarted", &[], &ROTATION);
    cluster.wait_archived().await;
    consumer.stop().await;
    let compared = compare(&cluster);
    check(&compared, &[]);
    assert_eq!(compared["stored"], READINGS, "{compared}");
    assert_eq!(compared["patients"], PATIENTS, "{compared}");
    check_readers(&cluster);
    let audit = cluster.spawn("consumer.audit", &["audit"], &[]).ended(seconds(60)).await;
    assert!(audit.success(), "the lake's audit has findings: {audit}");
    println!("{missing} of {READINGS} readings missing after the kill; at the end: {compared}");
}

fn compare(cluster: &Cluster) -> Value {
    let broker = cluster.services.bootstrap_servers();
    independent::compare(&broker, &[(&cluster.table(), TOPIC)]).unwrap().remove(0)
}

/// Asserts that every reading was produced, none rejected, and only `allowed` findings exist.
fn check(compared: &Value, allowed: &[&str]) {
    assert_eq!(compared["messages"], READINGS, "{compared}");
    assert_eq!(compared["rejected"], 0, "{compared}");
    for finding in FINDINGS.iter().filter(|finding| !allowed.contains(finding)) {
        assert_eq!(compared[finding], 0, "{finding}: {compared}");
    }
}

/// Asserts that every reader of docs/lake.md sees the same rows.
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
