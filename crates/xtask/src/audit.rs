//! The lake's own audit of its completeness: `consumer audit --json`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use serde_json::Value;

use crate::command;

/// Timeout of a Kafka request.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the audit with `args`; `consumer` is the command with its settings and without arguments.
///
/// # Errors
/// Returns an error if the audit has findings or the lake can't be read; the message contains the
/// output.
pub fn run(consumer: &mut Command, args: &[&str]) -> Result<Value> {
    // The tests configure short timeouts for the lake. The audit runs when the lake is available, but
    // on a busy machine it may need longer.
    consumer.args(["audit", "--json"]).args(args);
    let consumer = consumer.env("VITALS__LAKE__TIMEOUT_MS", "60000");
    let text = command::output(consumer)?;
    serde_json::from_str(&text).context("the audit is not JSON")
}

/// Returns true if the audited table's positions have reached the end of every partition of `topic`.
///
/// The group's committed offsets are no substitute: a consumer may die, or lose its partitions,
/// between storing the last readings and committing their offsets.
///
/// # Errors
/// Returns an error if Kafka doesn't respond.
pub fn reaches_end(audit: &Value, bootstrap: &str, topic: &str) -> Result<bool> {
    let mut config = ClientConfig::new();
    let kafka: BaseConsumer = config.set("bootstrap.servers", bootstrap).create()?;
    let metadata = kafka
        .fetch_metadata(Some(topic), KAFKA_TIMEOUT)
        .context("fetching the metadata of the topic")?;
    let partitions = metadata.topics().first().context("no such topic")?.partitions();
    for partition in partitions.iter().map(rdkafka::metadata::MetadataPartition::id) {
        let (_, high) = kafka.fetch_watermarks(topic, partition, KAFKA_TIMEOUT)?;
        // A partition without a position is not archived yet.
        if position(audit, partition).unwrap_or(0) < high {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The archived position of a partition.
pub(crate) fn position(audit: &Value, partition: i32) -> Option<i64> {
    let mut partitions = audit["partitions"].as_array()?.iter();
    partitions.find(|it| it["partition"] == partition)?["position"].as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn positions_are_looked_up_by_partition() {
        let audit = json!({"partitions": [{"partition": 1, "position": 7}, {"partition": 2}]});
        assert_eq!(position(&audit, 1), Some(7));
        assert_eq!(position(&audit, 2), None);
        assert_eq!(position(&audit, 3), None);
    }
}
