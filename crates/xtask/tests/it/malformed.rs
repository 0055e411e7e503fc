//! Malformed messages of every kind in the contract: each is rejected with its reason, and the counts
//! add up.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::Value;

use crate::support::cluster::{Cluster, TOPIC};
use crate::support::seconds;

const GOOD: &str = r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":72,"spo2":97}"#;

/// Messages with their expected reasons for rejection; `None` for valid readings. `NOW` stands for
/// the current time and `LATER` for one an hour ahead, both in ms.
const CASES: [(&str, Option<&str>); 29] = [
    (GOOD, None),
    ("", Some("empty")),
    ("not json", Some("not_json")),
    (r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":72"#, Some("not_json")),
    ("\u{1}\u{2}\u{3}", Some("not_json")),
    ("[1,2,3]", Some("not_an_object")),
    ("null", Some("not_an_object")),
    (r#"{"timestamp":NOW,"heart_rate":72}"#, Some("missing_field")),
    (r#"{"patient_id":"","timestamp":NOW,"heart_rate":72}"#, Some("missing_field")),
    (r#"{"patient_id":[7],"timestamp":NOW,"heart_rate":72}"#, Some("wrong_type")),
    (r#"{"patient_id":"p-1","heart_rate":72}"#, Some("missing_field")),
    (r#"{"patient_id":"p-1","timestamp":"yesterday","heart_rate":72}"#, Some("invalid_timestamp")),
    (r#"{"patient_id":"p-1","timestamp":NOW000,"heart_rate":72}"#, Some("invalid_timestamp")),
    (r#"{"patient_id":"p-1","patient_id":"p-2","timestamp":NOW}"#, Some("duplicate_field")),
    // Valid, with one field refused, doubted or converted.
    (r#"{"patient_id":"p-1","timestamp":NOW}"#, None),
    (r#"{"patient_id":"p-1","timestamp":LATER,"heart_rate":72}"#, None),
    (r#"{"patient_id":7,"timestamp":NOW,"heart_rate":72}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":"72"}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":72,"heart_rate":73}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":-999}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"temperature":NaN}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":5000}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"spo2":0.97}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"systolic":80,"diastolic":80}"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"systolic":80,"diastolic":120}"#, None),
    // Valid: an unknown field, a zero that means "not measured" beside a value, RFC 3339.
    (r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":72,"firmware":"1.2"}"#, None),
    (r#"[{"patient_id":"p-1","timestamp":NOW,"heart_rate":72}]"#, None),
    (r#"{"patient_id":"p-1","timestamp":NOW,"heart_rate":0,"spo2":97}"#, None),
    (r#"{"patient_id":"p-1","timestamp":"2025-11-22T12:00:00Z","heart_rate":72}"#, None),
];

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn every_malformed_message_is_rejected_with_its_reason() {
    let cluster = Cluster::start("malformed").await;
    let consumer = cluster.spawn("consumer", &[], &[]);
    cluster.wait_ready(&cluster.consumer).await;

    let expected = send(&cluster.services.bootstrap_servers()).await;
    cluster.wait_archived().await;
    // The metrics add up.
    let consumed = cluster.consumer_metric("vitals_archive_consumed_total", "").await;
    let stored = cluster.consumer_metric("vitals_archive_stored_total", "").await;
    let rejected = cluster.consumer_metric("vitals_archive_rejected_total", "").await;
    for reason in CASES.iter().filter_map(|case| case.1) {
        let expected = CASES.iter().filter(|case| case.1 == Some(reason)).count();
        let label = format!("reason=\"{reason}\"");
        let counted = cluster.consumer_metric("vitals_archive_rejected_total", &label).await;
        assert_eq!(counted, f64::from(u32::try_from(expected).unwrap()), "{reason}");
    }
    consumer.stop().await;

    // The table has every message, with its reason.
    let rows = cluster.rows();
    assert_eq!(rows.len(), CASES.len());
    for row in &rows {
        let position = (row["kafka_partition"].as_i64(), row["kafka_offset"].as_i64());
        check_row(row, &expected[&position]);
    }
    let kept = rows.iter().filter(|row| row["rejected"] == false).count();
    let all = f64::from(u32::try_from(rows.len()).unwrap());
    assert_eq!(stored, f64::from(u32::try_from(kept).unwrap()));
    assert_eq!((consumed, stored + rejected), (all, all));
    assert_eq!(cluster.messages("vitals.rejected"), i64::try_from(rows.len() - kept).unwrap());
}

/// A message and its expected reason for rejection.
type Sent = (String, Option<&'static str>);
type Position = (Option<i64>, Option<i64>);

/// Sends every case and returns the messages by their positions in Kafka.
async fn send(bootstrap: &str) -> HashMap<Position, Sent> {
    let mut config = ClientConfig::new();
    let producer: FutureProducer = config.set("bootstrap.servers", bootstrap).create().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the messages carry current timestamps")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let mut positions = HashMap::new();
    for (template, reason) in CASES {
        let value = template
            .replace("NOW", &now.to_string())
            .replace("LATER", &(now + 3_600_000).to_string());
        let record = FutureRecord::to(TOPIC).key("p-1").payload(&value);
        let at = producer.send(record, seconds(30)).await.unwrap();
        positions.insert((Some(at.partition.into()), Some(at.offset)), (value, reason));
    }
    positions
}

fn check_row(row: &Value, (value, reason): &Sent) {
    assert_eq!(row["reject_reason"].as_str(), *reason, "{value}: {row}");
    assert_eq!(row["rejected"].as_bool(), Some(reason.is_some()), "{value}: {row}");
    match reason {
        // An empty message has no payload to store.
        Some("empty") => {}
        Some(_) => {
            assert_eq!(row["reject_payload"], base64(value.as_bytes()), "{value}: {row}");
            let detail = row["reject_detail"].as_str();
            assert!(detail.is_some_and(|detail| !detail.is_empty()), "{value}: {row}");
        }
        None => assert!(row["reject_payload"].is_null(), "{value}: {row}"),
    }
}

/// Base64 with padding, as from Python's `b64encode`.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word) as usize;
        for digit in 0..4 {
            let is_padding = digit > chunk.len();
            let index = word >> (18 - 6 * digit) & 63;
            text.push(if is_padding { '=' } else { char::from(ALPHABET[index]) });
        }
    }
    text
}
